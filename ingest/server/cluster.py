"""The cluster of the embedded server: made once, configured, started and found again."""

from __future__ import annotations

import json
import os
import secrets
import shutil
import socket
import time
from dataclasses import asdict
from pathlib import Path
from typing import Any

import psutil
import psycopg2

from ingest.server.binaries import SHARED_HOME, as_root, call, reachable, run_as
from ingest.server.state import ServerError, State, state_path, write_private
from ingest.settings import READER_ROLE, STATE_DIR

ADMIN = "postgres"
# The superuser does what the provider of a managed server does; the rest is this login's work.
STEWARD = "entrepot_steward"
LOGIN = "entrepot"
START_SECONDS = 60


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _port_taken(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0


def _new_data_folder() -> Path:
    if as_root() and not reachable(STATE_DIR.parent):
        # A name of its own each time: another clone may have stood at this very path before.
        return SHARED_HOME / f"data-{secrets.token_hex(6)}"
    return STATE_DIR / "postgresql"


def _configuration(port: int) -> str:
    """postgresql.conf for a warehouse on a small machine: big loads, few connections."""
    memory = psutil.virtual_memory().total // 2**20
    settings = {
        "listen_addresses": "'127.0.0.1'",
        "port": port,
        "unix_socket_directories": "''",
        "max_connections": 60,
        "password_encryption": "'scram-sha-256'",
        "shared_buffers": f"{max(128, min(memory // 8, 2048))}MB",
        "effective_cache_size": f"{max(256, memory // 2)}MB",
        "work_mem": f"{max(16, min(memory // 128, 128))}MB",
        "maintenance_work_mem": f"{max(64, min(memory // 32, 512))}MB",
        "max_wal_size": "4GB",
        "checkpoint_timeout": "15min",
        "jit": "off",
        "random_page_cost": 1.1,
        "timezone": "'UTC'",
        "log_timezone": "'UTC'",
        "lc_messages": "'C'",
        "logging_collector": "on",
        "log_directory": "'log'",
        "log_filename": "'postgresql-%a.log'",
        "log_truncate_on_rotation": "on",
        "log_rotation_age": "1d",
        # Statements may hold values of rows: the server's log keeps errors, not their text.
        "log_min_error_statement": "panic",
        "log_statement": "'none'",
        # A client that was killed leaves no query running behind it.
        "client_connection_check_interval": "1s",
        # What a rerun changed can be asked of the server itself.
        "track_commit_timestamp": "on",
    }
    return "".join(f"{key} = {value}\n" for key, value in settings.items())


def create(port: int | None) -> State:
    """Make the cluster, its passwords and its state file."""
    data = _new_data_folder()
    if data.exists() and any(data.iterdir()):
        raise ServerError(
            f"{data} exists but {state_path()} does not: restore that file, or remove the folder "
            "to begin anew (this loses the embedded warehouse)."
        )
    passwords = {name: secrets.token_urlsafe(24) for name in (ADMIN, STEWARD, LOGIN, READER_ROLE)}
    data.parent.mkdir(parents=True, exist_ok=True)
    data.mkdir(mode=0o700, exist_ok=True)
    password_file = data.with_name(data.name + ".pw")
    write_private(password_file, passwords[ADMIN])
    if as_root():
        owner = run_as()
        for path in (data, password_file):
            os.chown(path, int(str(owner["user"])), int(str(owner["group"])))
        # The server's user must pass through our private folder, not read it.
        if data.is_relative_to(STATE_DIR):
            STATE_DIR.chmod(0o711)
    try:
        call(
            "initdb",
            f"--pgdata={data}",
            f"--username={ADMIN}",
            "--auth=scram-sha-256",
            f"--pwfile={password_file}",
            "--encoding=UTF8",
            "--locale-provider=builtin",
            "--builtin-locale=C.UTF-8",
            "--locale=C",
            "--data-checksums",
        )
    except ServerError:
        shutil.rmtree(data, ignore_errors=True)
        raise
    finally:
        password_file.unlink(missing_ok=True)
    state = State(port=port or _free_port(), data=str(data), passwords=passwords)
    configure(state)
    write_private(state_path(), json.dumps(asdict(state), indent=2))
    return state


def configure(state: State) -> None:
    folder = Path(state.data)
    extra = folder / "entrepot.conf"
    extra.write_text(_configuration(state.port), encoding="utf-8")
    if as_root():
        owner = run_as()
        os.chown(extra, int(str(owner["user"])), int(str(owner["group"])))
    main = folder / "postgresql.conf"
    line = "include = 'entrepot.conf'\n"
    if line not in main.read_text(encoding="utf-8"):
        with main.open("a", encoding="utf-8") as stream:
            stream.write(line)


def postmaster(data: Path) -> int | None:
    """The process id of the server that runs on this folder, or None.

    After a power cut the pid file may name a process that is something else by now; PostgreSQL
    would refuse to start for fear of it, so such a file is removed.
    """
    pid_file = data / "postmaster.pid"
    try:
        lines = pid_file.read_text(encoding="utf-8", errors="replace").splitlines()
        pid = int(lines[0])
    except (OSError, ValueError, IndexError):
        return None
    try:
        process = psutil.Process(pid)
        if process.status() != psutil.STATUS_ZOMBIE and "postgres" in process.name().lower():
            command = process.cmdline()
            if str(data) in command or not command:
                return pid
    except psutil.NoSuchProcess:
        pass
    except psutil.AccessDenied:
        return pid
    pid_file.unlink(missing_ok=True)
    return None


def start(state: State) -> None:
    data = Path(state.data)
    if not (data / "PG_VERSION").exists():
        raise ServerError(f"{data} holds no PostgreSQL data; remove {state_path()} to begin anew.")
    if postmaster(data) is None:
        if _port_taken(state.port):
            raise ServerError(
                f"port {state.port} is taken by another program; "
                "choose another with `entrepot up --port N`."
            )
        call(
            "pg_ctl",
            "start",
            f"--pgdata={data}",
            "--wait",
            f"--timeout={START_SECONDS}",
            "--silent",
            f"--log={data / 'start.log'}",
        )
    _wait_until_it_answers(state)


def _wait_until_it_answers(state: State) -> None:
    deadline = time.monotonic() + START_SECONDS
    while True:
        try:
            psycopg2.connect(**admin_settings(state)).close()
            return
        except psycopg2.OperationalError as error:
            if time.monotonic() > deadline:
                raise ServerError(
                    f"the embedded server does not answer on port {state.port}: "
                    f"{str(error).strip().splitlines()[-1]} (its log: {state.data}/log)"
                ) from error
            time.sleep(0.2)


def admin_settings(state: State) -> dict[str, Any]:
    return {
        "host": "127.0.0.1",
        "port": state.port,
        "user": ADMIN,
        "password": state.passwords[ADMIN],
        "dbname": "postgres",
        "sslmode": "disable",
        "connect_timeout": 5,
        "client_encoding": "UTF8",
        "options": "-c timezone=UTC",
    }
