"""A house: one warehouse of the private server, with its own inbox, profile, target and logs.

Tests use it as a user would: `python ingest/run_all.py` and `dbt` in subprocesses.
"""

from __future__ import annotations

import hashlib
import io
import os
import pprint
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml
from dbt.adapters.postgres import PostgresCredentials

from ingest import server
from ingest.server.cluster import LOGIN
from ingest.settings import Warehouse, environment
from ingest.warehouse import connect, prepare
from orchestration.alerts import offline
from tests.support.private import ROOT
from tests.support.warm import can_be_warm, warm

PATIENCE_SECONDS = 600
# Of all names, so that one can stand for another in what dbt has parsed.
NAME_LENGTH, STEM_LENGTH = 40, 34
PARSED = "partial_parse.msgpack"
# What derives from the deliveries of Flux Vision; the rest comes with an empty house.
DERIVED = "path:models/facts/tourisme+"


@dataclass(frozen=True)
class Done:
    """A command that has ended."""

    command: tuple[str, ...]
    code: int
    out: str
    err: str
    seconds: float

    @property
    def said(self) -> str:
        return f"$ {' '.join(self.command)}\nexit code {self.code}\n{self.out}\n{self.err}"


def beside_python(name: str) -> str:
    """A program of this Python environment."""
    found = Path(sys.executable).with_name(f"{name}.exe" if os.name == "nt" else name)
    return str(found) if found.exists() else name


def _whole_name(stem: str) -> str:
    return stem.ljust(NAME_LENGTH, "_")


def declared_raw_schemas() -> list[str]:
    from ingest.catalog import load_catalog

    return sorted({source.schema for source in load_catalog().sources})


@dataclass
class House:
    """A database of the private server and the folder that goes with it."""

    name: str
    folder: Path
    variables: dict[str, str] = field(default_factory=dict)

    @classmethod
    def build(cls, name: str, home: Path, template: House | None = None) -> House:
        """Make the database (as a copy of the template's, if given), its rights and its folder."""
        name = _whole_name(re.sub(r"\W", "_", name.lower())[:STEM_LENGTH])
        server.up()
        house = cls(name, home / name)
        house._found(template)
        house._furnish(template)
        return house

    def reset(self, template: House) -> None:
        """Begin anew from the template, with an empty inbox; what dbt has parsed stays."""
        self._found(template)
        shutil.rmtree(self.inbox, ignore_errors=True)
        self.inbox.mkdir()

    def _found(self, template: House | None) -> None:
        name = self.name
        opened = connect(server.admin(), autocommit=True)
        with opened.cursor() as cursor:
            source = template.name if template else "template0"
            cursor.execute(
                "select pg_terminate_backend(pid) from pg_stat_activity where datname = %s",
                (source,),
            )
            cursor.execute(f'drop database if exists "{name}" with (force)')
            cursor.execute(
                f'create database "{name}" template "{source}" encoding \'UTF8\''
                f' owner "{server.steward().user}"'
            )
        opened.close()
        # No superuser: whatever the house does must work on a managed server.
        opened = connect(server.steward(name))
        # What was told while another house did not answer is not this one's.
        offline.keep("dev", [])
        # Rights on the database itself are not copied from a template.
        prepare(opened, LOGIN, declared_raw_schemas())
        opened.close()

    def _furnish(self, template: House | None) -> None:
        for folder in (self.inbox, self.folder / "target", self.folder / "logs"):
            folder.mkdir(parents=True, exist_ok=True)
        own = (server.profiles_path()).read_text(encoding="utf-8")
        text = own.replace("dbname: entrepot_test\n", f"dbname: {self.rehearsal}\n")
        text = text.replace("dbname: entrepot\n", f"dbname: {self.name}\n")
        # A worker has a core at most: more threads wait for the interpreter's lock, which takes a
        # third of the time of a build.
        text = text.replace("threads: 4\n", "threads: 2\n")
        assert text != own, "profiles.example.yml no longer names the databases as expected"
        profile = self.folder / "profiles.yml"
        profile.write_text(text, encoding="utf-8")
        profile.chmod(0o600)
        if template is not None:
            shutil.copytree(template.inbox, self.inbox, dirs_exist_ok=True)
            self._inherit_parsing(template)

    def _inherit_parsing(self, template: House) -> None:
        """Take over what dbt has parsed, 8 s of work: it differs in the database's name alone."""
        held = template.target / PARSED
        if held.exists() and not (self.target / PARSED).exists():
            parsed = held.read_bytes()
            for own, new in zip(
                template._names_in_parsing(), self._names_in_parsing(), strict=True
            ):
                assert own in parsed, "dbt no longer keeps what it parsed in this way"
                parsed = parsed.replace(own, new)
            (self.target / PARSED).write_bytes(parsed)

    def _names_in_parsing(self) -> tuple[bytes, bytes]:
        """The name of the database, and the checksum of the connection that dbt compares."""
        profile = yaml.safe_load((self.folder / "profiles.yml").read_text(encoding="utf-8"))
        settings = {**profile["entrepot"]["outputs"]["dev"], "database": self.name}
        del settings["type"], settings["dbname"]
        connection = sorted(PostgresCredentials.from_dict(settings).connection_info())
        checksum = hashlib.sha256(pprint.pformat(connection).encode()).hexdigest()
        return self.name.encode(), checksum.encode()

    @property
    def rehearsal(self) -> str:
        """The database of the target `test`."""
        return _whole_name(f"{self.name.rstrip('_')}_test")

    @property
    def inbox(self) -> Path:
        """The folder that FLUXVISION_URL names."""
        return self.folder / "inbox"

    @property
    def target(self) -> Path:
        return self.folder / "target"

    @property
    def warehouse(self) -> Warehouse:
        """The login of the profile, on this house's database."""
        admin = server.admin(self.name)
        state = server.read_state()
        assert state is not None
        return admin.with_login(LOGIN, state.passwords[LOGIN])

    def demolish(self) -> None:
        """Drop the database and the folder."""
        opened = connect(server.admin(), autocommit=True)
        with opened.cursor() as cursor:
            cursor.execute(f'drop database if exists "{self.name}" with (force)')
        opened.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    # Commands

    def environment(self, **extra: str) -> dict[str, str]:
        """The environment of a user of this house."""
        return {
            **os.environ,
            "FLUXVISION_URL": str(self.inbox),
            "DBT_PROFILES_DIR": str(self.folder),
            "DBT_TARGET_PATH": str(self.target),
            "DBT_LOG_PATH": str(self.folder / "logs"),
            "ENTREPOT_LOG_DIR": str(self.folder / "logs"),
            "DBT_USE_COLORS": "false",
            # A tenth of the time of a build; what dbt says goes to its output as well.
            "DBT_LOG_LEVEL_FILE": "none",
            **self.variables,
            **extra,
        }

    def start(self, command: Sequence[str], **extra: str) -> subprocess.Popen[str]:
        """Start a command in the project's root, in a process group of its own."""
        return subprocess.Popen(
            list(command),
            cwd=ROOT,
            env=self.environment(**extra),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            encoding="utf-8",
            errors="replace",
            start_new_session=True,
        )

    def call(
        self, command: Sequence[str], codes: Sequence[int] | None = (0,), **extra: str
    ) -> Done:
        """Run a command to its end; fail, with all it said, on an exit code not in `codes`."""
        began = time.monotonic()
        if can_be_warm(command, {**self.variables, **extra}):
            listening = warm(self.folder.parent, ROOT)
            variables = self.environment(**extra)
            spoken = listening.call(command, variables, ROOT, PATIENCE_SECONDS)
            code, out, err = spoken.code, spoken.out, spoken.err
        else:
            process = self.start(command, **extra)
            out, err = process.communicate(timeout=PATIENCE_SECONDS)
            code = process.returncode
        done = Done(tuple(command), code, out, err, time.monotonic() - began)
        if codes is not None:
            assert done.code in codes, done.said
        return done

    def ingest_command(self, *arguments: str) -> list[str]:
        return [sys.executable, str(Path("ingest") / "run_all.py"), *arguments]

    def dbt_command(self, *arguments: str) -> list[str]:
        return [beside_python("dbt"), *arguments]

    def ingest(self, *arguments: str, codes: Sequence[int] | None = (0,), **extra: str) -> Done:
        """`python ingest/run_all.py ...`"""
        return self.call(self.ingest_command(*arguments), codes, **extra)

    def dbt(self, *arguments: str, codes: Sequence[int] | None = (0,), **extra: str) -> Done:
        """A bare `dbt ...`; `--quiet` unless something else is asked."""
        return self.call(self.dbt_command("--quiet", *arguments), codes, **extra)

    def run_models(self, *select: str, full_refresh: bool = False) -> Done:
        """Build seeds and models without their tests, for where the tests are not the point."""
        selection = ["--select", *select] if select else []
        refresh = ["--full-refresh"] if full_refresh else []
        return self.dbt(
            "build",
            *("--exclude-resource-type", "test", "--exclude-resource-type", "unit_test"),
            *selection,
            *refresh,
        )

    def entrepot(self, *arguments: str, codes: Sequence[int] | None = (0,), **extra: str) -> Done:
        """`entrepot ...`"""
        return self.call([sys.executable, "-m", "orchestration.cli", *arguments], codes, **extra)

    @contextmanager
    def entered(self) -> Iterator[None]:
        """For the block, this process has the environment of a user of this house."""
        before = dict(os.environ)
        os.environ.update(self.environment())
        environment.cache_clear()
        try:
            yield
        finally:
            os.environ.clear()
            os.environ.update(before)
            environment.cache_clear()

    def quick(self, *arguments: str, codes: Sequence[int] = (0,)) -> Done:
        """`entrepot ...` without a process of its own, where a test has it say many things."""
        from orchestration.cli import run

        out, err = io.StringIO(), io.StringIO()
        with self.entered(), redirect_stdout(out), redirect_stderr(err):
            code = run(arguments)
        done = Done(("entrepot", *arguments), code, out.getvalue(), err.getvalue(), 0.0)
        assert code in codes, done.said
        return done

    # Queries

    @contextmanager
    def cursor(self, as_admin: bool = True) -> Iterator[Any]:
        """A cursor of a connection that commits by itself."""
        chosen = server.admin(self.name) if as_admin else self.warehouse
        opened = connect(chosen, autocommit=True)
        try:
            with opened.cursor() as cursor:
                yield cursor
        finally:
            opened.close()

    def rows(self, query: str, parameters: Sequence[Any] | None = None) -> list[tuple[Any, ...]]:
        """The rows of a query."""
        with self.cursor() as cursor:
            cursor.execute(query, parameters)
            return list(cursor.fetchall())

    def call_sql(self, *statements: str) -> None:
        """Run statements as the administrator."""
        with self.cursor() as cursor:
            for statement in statements:
                cursor.execute(statement)

    def value(self, query: str, parameters: Sequence[Any] | None = None) -> Any:
        """The first column of the first row of a query."""
        return self.rows(query, parameters)[0][0]

    def records(self, query: str) -> list[dict[str, Any]]:
        """The rows of a query as dictionaries."""
        with self.cursor() as cursor:
            cursor.execute(query)
            names = [column.name for column in cursor.description]
            return [dict(zip(names, row, strict=True)) for row in cursor]
