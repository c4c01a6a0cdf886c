"""docs/schedulers.md repeats the cadences: what it says of them is what they are."""

from __future__ import annotations

import re
import shlex
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.support.page import blocks
from tests.support.private import ROOT
from tests.support.services import find_program

PAGE = ROOT / "docs" / "schedulers.md"


def _command(cadence: dict[str, Any]) -> list[str]:
    """What a scheduler calls for a cadence."""
    if "command" in cadence:
        return ["entrepot", *cadence["command"]]
    select = [part for name in cadence["select"] for part in ("--select", name)]
    mode = ["--mode", cadence["mode"]] if "mode" in cadence else []
    return ["entrepot", "run", *select, *mode, *(["--docs"] if cadence.get("docs") else [])]


@pytest.fixture(scope="module")
def cadences() -> list[tuple[str, list[str]]]:
    """The hours and the command of each cadence."""
    page = yaml.safe_load((ROOT / "orchestration" / "cadences.yml").read_text(encoding="utf-8"))
    return sorted((cadence["cron"], _command(cadence)) for cadence in page["cadences"])


def test_the_crontab_has_every_cadence(cadences: list[tuple[str, list[str]]]) -> None:
    (crontab,) = [block for block in blocks(PAGE) if block.language == "crontab"]
    lines = [line.split(maxsplit=5) for line in crontab.text.splitlines() if line[0].isdigit()]
    assert sorted((" ".join(line[:5]), shlex.split(line[5])) for line in lines) == cadences


def test_the_table_and_the_tasks_of_windows_have_every_command(
    cadences: list[tuple[str, list[str]]],
) -> None:
    text = PAGE.read_text(encoding="utf-8")
    commands = sorted(command for _, command in cadences)
    table = [shlex.split(found) for found in re.findall(r"\| `(entrepot [^`]+)` \|$", text, re.M)]
    assert sorted(table) == commands
    (tasks,) = [block for block in blocks(PAGE) if block.language == "bat"]
    called = [
        ["entrepot", *shlex.split(line.split("entrepot.exe ")[1].replace('\\"', "'").rstrip('"'))]
        for line in tasks.text.splitlines()
    ]
    # Twice a day takes two tasks.
    assert sorted(map(tuple, called)) == sorted(
        [*map(tuple, commands), ("entrepot", "run", "--select", "commandes")]
    )


def test_systemd_accepts_the_units(tmp_path: Path) -> None:
    program = find_program("systemd-analyze")
    if program is None:
        pytest.skip("there is no systemd-analyze on this machine")
    units = [block for block in blocks(PAGE) if block.language == "ini"]
    for unit in units:
        path = tmp_path / unit.title
        path.parent.mkdir(exist_ok=True)
        # The program and its user are not on this machine.
        text = re.sub(r"^ExecStart=\S+", "ExecStart=/bin/true", unit.text, flags=re.M)
        path.write_text(text.replace("User=entrepot", "User=root"), encoding="utf-8")
    dropped = [unit.title.removesuffix(".d/when.conf") for unit in units if "/" in unit.title]
    for name in dropped:
        (tmp_path / name).write_text((tmp_path / "entrepot@.timer").read_text(), encoding="utf-8")
        service = name.replace(".timer", ".service")
        (tmp_path / service).write_text((tmp_path / "entrepot@.service").read_text(), "utf-8")
    names = [*dropped, "entrepot-health.timer", "entrepot-health.service"]
    done = subprocess.run(
        [program, "verify", "--man=no", "--recursive-errors=one"]
        + [str(tmp_path / name) for name in names],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    said = [line for line in done.stderr.splitlines() if "entrepot" in line.lower()]
    assert said == []
    assert len(names) == 8
    for when in re.findall(r"OnCalendar=(.+)$|\(`([^`]+ Europe/Paris)`\)", _text(), re.M):
        subprocess.run([program, "calendar", *filter(None, when)], check=True, capture_output=True)


def _text() -> str:
    return PAGE.read_text(encoding="utf-8")
