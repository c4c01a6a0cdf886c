"""Every command of `entrepot`, found by walking it, and `run_all.py`: an example in the help, and
one line that says what to do when the request, the settings or the server are wrong.
"""

from __future__ import annotations

import re
import shlex
import shutil
import socket
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import typer

from ingest import run_all, settings
from orchestration import cli
from tests.support.private import ROOT

# What needs no warehouse: they make or stop the embedded server, or work on the project itself.
WITHOUT_WAREHOUSE = {
    *("setup", "up", "down", "status", "demo"),
    *("test", "test-long", "lint", "lock", "bench"),
}
# Those whose answer is a table, also about what is wrong.
WITH_TABLE = {"preflight", "health"}
# Those whose example is about something else than the warehouse.
INSTEAD: dict[str, list[str]] = {"alert": []}
RUN_ALL = "run_all.py"


def _walk(command: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[str, Any]]:
    for name, below in getattr(command, "commands", {}).items():
        yield from _walk(below, (*path, name))
    if not hasattr(command, "commands"):
        yield " ".join(path), command


COMMANDS = dict(_walk(typer.main.get_command(cli.app)))
NEEDING = [*sorted({*COMMANDS} - WITHOUT_WAREHOUSE), RUN_ALL]


@dataclass(frozen=True)
class Said:
    """How a command ended and what was on both of its streams."""

    code: int
    out: str
    err: str

    @property
    def lines(self) -> list[str]:
        return [line for line in f"{self.out}{self.err}".splitlines() if line.strip()]


@pytest.fixture
def call(capfd: pytest.CaptureFixture[str]) -> Callable[..., Said]:
    """A caller of commands in this process; subprocesses are heard too."""

    def called(name: str, *arguments: str) -> Said:
        capfd.readouterr()
        try:
            if name == RUN_ALL:
                code = run_all.main(arguments)
            else:
                code = cli.run([*name.split(), *arguments])
        except SystemExit as end:  # argparse ends by itself
            code = int(end.code or 0)
        said = Said(code, *capfd.readouterr())
        assert "Traceback" not in said.out + said.err
        return said

    return called


@pytest.fixture
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder without .env and profiles.yml that stands for the project's root."""
    monkeypatch.setattr(settings, "ROOT", tmp_path)
    monkeypatch.setenv("DBT_PROFILES_DIR", str(tmp_path))
    settings.environment.cache_clear()
    yield tmp_path
    settings.environment.cache_clear()


def example_of(name: str) -> list[str]:
    """The arguments of a command's example, less its target."""
    if name == RUN_ALL or name in INSTEAD:
        return INSTEAD.get(name, [])
    found = re.search(r"^ *Example: entrepot (.+)$", COMMANDS[name].help, re.MULTILINE)
    assert found, f"the help of {name} has no line `Example: entrepot ...`"
    words = shlex.split(found[1])[len(name.split()) :]
    while "--target" in words:
        at = words.index("--target")
        del words[at : at + 2]
    return words


@pytest.mark.parametrize("name", [*COMMANDS, RUN_ALL])
def test_help_has_an_example(
    call: Callable[..., Said], monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    said = call(name, "--help")
    assert said.code == 0
    assert f"Example: {'' if name == RUN_ALL else 'entrepot ' + name}" in said.out
    assert max(map(len, said.lines)) <= 80


def bad_arguments_of(name: str) -> list[str]:
    """Arguments that a command refuses; none if whatever follows goes to another program."""
    command = COMMANDS.get(name)
    if command is None or not command.context_settings.get("ignore_unknown_options"):
        return ["--no-such-option"]
    # One of its own options, without its value.
    return [o for parameter in command.params for o in parameter.opts if o[:2] == "--"][:1]


@pytest.mark.parametrize("name", [n for n in [*COMMANDS, RUN_ALL] if bad_arguments_of(n)])
def test_bad_arguments_are_one_line(call: Callable[..., Said], name: str) -> None:
    bad = bad_arguments_of(name)
    said = call(name, *bad)
    assert said.code == 2
    assert said.out == ""
    assert len(said.lines) == 1
    assert bad[0] in said.err
    assert "--help" in said.err


@pytest.mark.parametrize("words", ["no-such-command", "reader no-such-command"])
def test_a_command_that_there_is_not_is_one_line(call: Callable[..., Said], words: str) -> None:
    said = call(words)
    assert (said.code, len(said.lines)) == (2, 1)
    assert "no-such-command" in said.err


def _is_told(said: Said, name: str, *words: str) -> None:
    assert said.code in (1, 2), said
    if name not in WITH_TABLE:
        assert len(said.lines) == 1, said
    assert any(word in f"{said.out}{said.err}" for word in words), said


@pytest.mark.parametrize("name", NEEDING)
def test_without_settings_one_line_says_what_to_do(
    call: Callable[..., Said], elsewhere: Path, name: str
) -> None:
    _is_told(call(name, *example_of(name)), name, "entrepot setup")


@pytest.mark.parametrize("name", NEEDING)
def test_a_stopped_server_is_one_line(
    call: Callable[..., Said], elsewhere: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as held:
        port = str(held.getsockname()[1])
    for page, copy in (("profiles.example.yml", "profiles.yml"), (".env.example", ".env")):
        shutil.copyfile(ROOT / page, elsewhere / copy)
        (elsewhere / copy).chmod(0o600)
    shutil.copyfile(ROOT / ".env.example", elsewhere / ".env.example")
    for variable, value in {
        "DBT_TARGET": "prod",
        "DWH_DB_HOST": "127.0.0.1",
        "DWH_DB_PORT": port,
        "DWH_DB_NAME": "warehouse",
        "DWH_DB_USER": "loader",
        "DBT_PASSWORD": "not-to-be-shown",
        "DWH_DB_SSLMODE": "disable",
        "DWH_DB_SSLROOTCERT": "",
    }.items():
        monkeypatch.setenv(variable, value)
    settings.environment.cache_clear()
    said = call(name, *example_of(name))
    _is_told(said, name, port)
    assert "refused" in said.out + said.err
    assert "not-to-be-shown" not in said.out + said.err


def test_what_nobody_foresaw_is_one_line(
    call: Callable[..., Said], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_: object) -> None:
        raise RuntimeError("the value of a row")

    monkeypatch.setattr("ingest.server.down", fails)
    said = call("down")
    assert (said.code, said.lines) == (
        1,
        ["entrepot: unforeseen RuntimeError (ENTREPOT_DEBUG=1 shows where)"],
    )
    monkeypatch.setenv("ENTREPOT_DEBUG", "1")
    with pytest.raises(RuntimeError):
        cli.run(["down"])
