"""Commands that start warm: Python programs forked from a process that has imported the libraries.

Importing dbt, dlt and Arrow takes one to three seconds of each command, and the tests call some
hundreds of them. Here one process per test session imports them once; each command is a fork of it
with its own environment, folder, arguments and output, and imports the project's own modules
itself. What depends on how an interpreter starts (locale, PYTHON... variables), what is to be
killed, and where there is no fork, starts cold. ENTREPOT_COLD=1 starts everything cold.

    client -> listening process -> fork: waits for -> fork: the command
"""

from __future__ import annotations

import atexit
import contextlib
import gc
import json
import os
import runpy
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryFile

HAS_FORK = hasattr(os, "fork") and sys.platform == "linux"
_running: Warm | None = None
# Read by the interpreter itself when it starts.
OF_THE_START = ("PYTHON", "LC_", "LANG", "LD_")
LIBRARIES = (
    *("dbt.cli.main", "dbt.adapters.postgres", "dbt.task.build", "dbt.task.docs.generate"),
    *("dlt", "dlt.destinations", "pyarrow.parquet", "adbc_driver_postgresql.dbapi"),
    *("numpy", "psycopg2.extras", "rich.progress", "tabulate", "typer", "yaml"),
)


@dataclass(frozen=True)
class Spoken:
    """What a command left: its exit code (negative: the signal that ended it) and its output."""

    code: int
    out: str
    err: str


class Warm:
    """The listening process of this test session and the way to it."""

    def __init__(self, folder: Path, root: Path):
        self._path = folder / "warm.sock"
        ready_read, ready_write = os.pipe()
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.support.warm", str(self._path), str(ready_write)],
            cwd=root,
            pass_fds=[ready_write],
            stdin=subprocess.DEVNULL,
        )
        os.close(ready_write)
        with os.fdopen(ready_read) as stream:
            assert stream.read() == "ready", "the warm process did not come up"

    def close(self) -> None:
        self._process.kill()
        self._process.wait()

    def call(
        self, command: Sequence[str], variables: Mapping[str, str], cwd: Path, patience: float
    ) -> Spoken:
        """Run a command to its end.

        Raises:
            TimeoutError: it did not end in `patience` seconds; it has been killed.
        """
        asked = json.dumps({"argv": list(command), "env": dict(variables), "cwd": str(cwd)})
        with (
            socket.socket(socket.AF_UNIX) as opened,
            TemporaryFile() as out,
            TemporaryFile() as err,
        ):
            opened.connect(str(self._path))
            body = asked.encode()
            socket.send_fds(opened, [f"{len(body):<10}".encode()], [out.fileno(), err.fileno()])
            opened.sendall(body)
            answer = opened.makefile()
            pid = int(answer.readline())
            opened.settimeout(patience)
            try:
                code = int(answer.readline())
            except TimeoutError:
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(pid, signal.SIGKILL)
                raise
            texts = []
            for stream in (out, err):
                stream.seek(0)
                texts.append(stream.read().decode("utf-8", "replace"))
        return Spoken(code, *texts)


def warm(folder: Path, root: Path) -> Warm:
    """The listening process of this session, started when it is first asked for."""
    global _running
    if _running is None:
        _running = Warm(folder, root)
    return _running


def close() -> None:
    """End the listening process, if there is one."""
    global _running
    if _running is not None:
        _running.close()
        _running = None


def can_be_warm(command: Sequence[str], extra: Mapping[str, str]) -> bool:
    """Whether a command is one of Python or dbt that the libraries were imported for."""
    if not HAS_FORK or os.environ.get("ENTREPOT_COLD"):
        return False
    if any(name.startswith(OF_THE_START) for name in extra):
        return False
    if Path(command[0]).name == "dbt":
        return True
    return command[0] == sys.executable and (
        command[1] == "-m" or (command[1].endswith(".py") and not command[1].startswith("-"))
    )


def _become(command: Sequence[str]) -> None:
    """Do what the interpreter would have done with this command line."""
    if Path(command[0]).name == "dbt":
        sys.argv = list(command)
        from dbt.cli.main import cli

        cli()
    elif command[1] == "-m":
        sys.argv = list(command[2:])
        runpy.run_module(command[2], run_name="__main__", alter_sys=True)
    else:
        sys.argv = list(command[1:])
        sys.path.insert(0, str(Path(command[1]).resolve().parent))
        runpy.run_path(command[1], run_name="__main__")


def _exit_code(error: SystemExit) -> int:
    if error.code is None:
        return 0
    if isinstance(error.code, int):
        return error.code
    print(error.code, file=sys.stderr)
    return 1


def _run(asked: dict[str, object], out: int, err: int) -> None:
    """In the fork that is the command: never returns."""
    code = 1
    try:
        os.setsid()
        devnull = os.open(os.devnull, os.O_RDONLY)
        for source, target in ((devnull, 0), (out, 1), (err, 2)):
            os.dup2(source, target)
        os.environ.clear()
        os.environ.update(asked["env"])  # type: ignore[call-overload]
        os.chdir(str(asked["cwd"]))
        for number, name in ((1, "stdout"), (2, "stderr")):
            setattr(sys, name, os.fdopen(os.dup(number), "w", encoding="utf-8", buffering=1))
        try:
            _become(asked["argv"])  # type: ignore[arg-type]
            code = 0
        except SystemExit as error:
            code = _exit_code(error)
        except BaseException:  # noqa: BLE001  (the interpreter shows whatever it is)
            sys.excepthook(*sys.exc_info())
        # What the interpreter does at its end.
        threading._shutdown()
        atexit._run_exitfuncs()
        sys.stdout.flush()
        sys.stderr.flush()
    finally:
        os._exit(code)


def _serve_one(opened: socket.socket) -> None:
    """In the fork that waits for the command: tells its number, then how it ended."""
    head, descriptors, _, _ = socket.recv_fds(opened, 10, 2)
    length, body = int(head), b""
    while len(body) < length:
        body += opened.recv(length - len(body))
    pid = os.fork()
    if not pid:
        opened.close()
        _run(json.loads(body), *descriptors)
    opened.sendall(f"{pid}\n".encode())
    _, status = os.waitpid(pid, 0)
    opened.sendall(f"{os.waitstatus_to_exitcode(status)}\n".encode())


def listen(path: str, ready: int) -> None:
    """Import the libraries, say so, and fork for each that calls."""
    for name in LIBRARIES:
        __import__(name)
    # What was imported lives as long as the forks: none of them need look at it for garbage.
    gc.freeze()
    server = socket.socket(socket.AF_UNIX)
    server.bind(path)
    server.listen(64)
    os.write(ready, b"ready")
    os.close(ready)
    parent = os.getppid()
    server.settimeout(2)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    while os.getppid() == parent:
        try:
            opened, _ = server.accept()
        except TimeoutError:
            continue
        if os.fork():
            opened.close()
            continue
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        server.close()
        opened.settimeout(None)
        try:
            _serve_one(opened)
        finally:
            os._exit(0)


if __name__ == "__main__":
    listen(sys.argv[1], int(sys.argv[2]))
