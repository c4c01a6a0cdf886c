"""A corner of its own for a test session or a measurement: server, state, logs, profile.

`settle()` must run before `ingest` is imported: the settings are read once, from the environment.
Nothing of the project's own state is touched: not `.env`, not `profiles.yml`, not `.entrepot`.
"""

from __future__ import annotations

import importlib.util
import os
import shutil
import sys
import tempfile
from pathlib import Path

import psutil

ROOT = Path(__file__).resolve().parent.parent.parent
DBT_PLUGIN = ROOT / "orchestration" / "dbt_plugin"
# The process that a folder belongs to.
OWNER = "owner.pid"
# Every variable that could lead a test to a real source or a real warehouse.
EMPTIED = (
    *(f"FLUXVISION{part}" for part in ("_URL", "_PASSWORD", "_KEY_FILE", "_KNOWN_HOSTS")),
    *("FLUXVISION_HEBDO_URL", "FLUXVISION_HEBDO_PASSWORD"),
    *("ATELIER_URL", "ERP_URL", "ERP_COMPLET_URL", "COMMANDES_URL", "SIGETI_URL"),
    *("ALERT_URLS", "HEARTBEAT_URL"),
    *("ATELIER_PASSWORD", "ERP_PASSWORD", "COMMANDES_PASSWORD", "SIGETI_PASSWORD"),
)
REMOVED = ("DBT_TARGET", "DBT_PROFILE", "DBT_PROJECT_DIR", "ENTREPOT_RUN_ID", "ENTREPOT_PII_KEY")


def settle(purpose: str) -> Path:
    """Make the folder of this session and point the settings of this process at it.

    Returns:
        the folder, which another OS user can pass through (the server does not run as root).
    """
    prefix = f"entrepot-{purpose}-"
    _sweep(prefix)
    folder = Path(tempfile.mkdtemp(prefix=prefix)).resolve()
    folder.chmod(0o711)
    (folder / OWNER).write_text(str(os.getpid()))
    for name in list(os.environ):
        if name.startswith(("DWH_", "PG")) or name in REMOVED:
            del os.environ[name]
    os.environ.update(dict.fromkeys(EMPTIED, ""))
    os.environ.update(
        {
            "ENTREPOT_STATE_DIR": str(folder / "state"),
            "ENTREPOT_LOG_DIR": str(folder / "logs"),
            "DBT_PROFILES_DIR": str(folder),
            "DBT_TARGET_PATH": str(folder / "target"),
            "DBT_LOG_PATH": str(folder / "logs"),
            "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
            "DO_NOT_TRACK": "1",
        }
    )
    _let_children_import_the_project()
    return folder


def _sweep(prefix: str) -> None:
    """Remove what sessions that were killed left behind: their servers and their folders."""
    for folder in Path(tempfile.gettempdir()).resolve().glob(f"{prefix}*"):
        try:
            if psutil.pid_exists(int((folder / OWNER).read_text())):
                continue
        except (OSError, ValueError):
            continue  # not made by this page, or not ours to read
        for process in psutil.process_iter(["cmdline"]):
            command = " ".join(process.info["cmdline"] or [])
            if f" -D {folder}{os.sep}" in command:
                process.kill()
                process.wait(timeout=10)
        shutil.rmtree(folder, ignore_errors=True)


def _let_children_import_the_project() -> None:
    """Outside `.venv` nothing is installed: give subprocesses the path that set-up would."""
    wanted = [str(ROOT)]
    if importlib.util.find_spec("dbt_entrepot") is None:
        wanted.append(str(DBT_PLUGIN))
    present = [part for part in os.environ.get("PYTHONPATH", "").split(os.pathsep) if part]
    os.environ["PYTHONPATH"] = os.pathsep.join(dict.fromkeys([*wanted, *present]))
    if str(ROOT) not in sys.path:
        sys.path.insert(0, str(ROOT))


def clear(folder: Path) -> None:
    """Stop the private server, if it was started, and remove everything."""
    from ingest import server
    from ingest.server.state import read_state

    state = read_state()
    if state is not None:
        server.down()
        shutil.rmtree(state.data, ignore_errors=True)
    shutil.rmtree(folder, ignore_errors=True)
