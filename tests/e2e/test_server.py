"""The embedded server as its users meet it: one per folder, private, and hard to lose."""

from __future__ import annotations

import json
import os
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import psutil
import psycopg2
import pytest

from tests.conftest import HOME
from tests.support.private import ROOT

pytestmark = pytest.mark.e2e


class Corner:
    """A user with a state folder of its own, and so a server of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(mode=0o711)
        self.variables = {
            **os.environ,
            "ENTREPOT_STATE_DIR": str(folder / "state"),
            "DBT_PROFILES_DIR": str(folder),
        }

    def entrepot(self, *arguments: str, **extra: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "orchestration.cli", *arguments],
            cwd=ROOT,
            env={**self.variables, **extra},
            capture_output=True,
            text=True,
            errors="replace",
            timeout=120,
            check=False,
        )

    @property
    def state(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads((self.folder / "state" / "server.json").read_text())
        return found

    @property
    def postmaster(self) -> int:
        return int((Path(self.state["data"]) / "postmaster.pid").read_text().split()[0])

    def ask(self, query: str, user: str = "entrepot", password: str | None = None) -> Any:
        opened = psycopg2.connect(
            host="127.0.0.1",
            port=self.state["port"],
            dbname="entrepot",
            user=user,
            password=self.state["passwords"][user] if password is None else password,
        )
        opened.autocommit = True
        with opened.cursor() as cursor:
            cursor.execute(query)
            found = cursor.fetchone() if cursor.description else None
        opened.close()
        return found[0] if found else None


@pytest.fixture(scope="module")
def corner() -> Iterator[Corner]:
    made = Corner(HOME / "corner")
    up = made.entrepot("up")
    assert up.returncode == 0, up.stderr
    yield made
    made.entrepot("down")


def _postmasters(data: str) -> list[int]:
    """The processes that were started as the server of a folder."""
    return [
        process.pid
        for process in psutil.process_iter(["cmdline"])
        if data in (process.info["cmdline"] or []) and process.pid != os.getpid()
    ]


def test_secrets_and_data_are_readable_by_their_owner_alone(corner: Corner) -> None:
    for path in (corner.folder / "state" / "server.json", corner.folder / "profiles.yml"):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600, path
    assert stat.S_IMODE(Path(corner.state["data"]).stat().st_mode) == 0o700
    left = [path.name for path in (corner.folder / "state").iterdir() if "pw" in path.name]
    assert left == [], "the password file of initdb is still there"


def test_it_listens_on_the_loopback_alone_and_wants_the_password(corner: Corner) -> None:
    listening = {
        connection.laddr.ip
        for connection in psutil.Process(corner.postmaster).net_connections()
        if connection.status == psutil.CONN_LISTEN
    }
    assert listening == {"127.0.0.1"}
    for wrong in ("", "wrong"):
        with pytest.raises(psycopg2.OperationalError):
            corner.ask("select 1", password=wrong)
    assert corner.ask("select 1") == 1


def test_it_is_never_started_twice_on_one_folder(corner: Corner) -> None:
    corner.entrepot("down")
    with ThreadPoolExecutor(4) as pool:
        ups = list(pool.map(lambda _: corner.entrepot("up"), range(4)))
    assert [up.returncode for up in ups] == [0, 0, 0, 0], [up.stderr for up in ups]
    assert len(_postmasters(corner.state["data"])) == 1
    assert {up.stdout for up in ups} == {ups[0].stdout}, "all speak of one server"


def test_it_survives_a_kill_and_the_next_command_starts_it_again(corner: Corner) -> None:
    corner.ask("create table public.kept as select 42 as answer", user="postgres")
    first = corner.postmaster
    os.kill(first, signal.SIGKILL)
    deadline = time.monotonic() + 30
    while corner.entrepot("status").returncode == 0:
        assert time.monotonic() < deadline, "a dead server is still said to run"
    again = corner.entrepot("up")
    assert again.returncode == 0, again.stderr
    assert corner.postmaster != first
    assert corner.ask("select answer from public.kept", user="postgres") == 42
    corner.ask("drop table public.kept", user="postgres")


def test_status_down_and_up_say_what_they_did(corner: Corner) -> None:
    assert corner.entrepot("down").stdout == "PostgreSQL is down.\n"
    assert corner.entrepot("down").stdout == "PostgreSQL was not running.\n"
    assert corner.entrepot("status").returncode == 1
    port = corner.state["port"]
    assert f"127.0.0.1:{port} " in corner.entrepot("up").stdout
    status = corner.entrepot("status")
    assert status.returncode == 0
    assert f"127.0.0.1:{port} " in status.stdout


def test_it_starts_on_a_console_of_another_world(corner: Corner) -> None:
    corner.entrepot("down")
    up = corner.entrepot(
        "up", LC_ALL="C", PGCLIENTENCODING="LATIN1", PYTHONIOENCODING="ascii", PYTHONUTF8="0"
    )
    assert up.returncode == 0, up.stderr
    asked = corner.entrepot("psql", "-At", "-c", "show client_encoding", PGCLIENTENCODING="LATIN1")
    assert asked.stdout.strip() == "UTF8", asked.stderr
