"""Files and folders with secrets or rows in them: for their owner alone."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable, Mapping
from pathlib import Path

from ingest import settings
from ingest.files.places import in_its_home
from ingest.server.binaries import as_root
from ingest.server.state import read_state, state_path
from orchestration.audit.declared import Declaration
from orchestration.audit.model import Answer

PRIVATE_FILE, PRIVATE_FOLDER = 0o600, 0o700
# The variables that name a folder that holds rows, or a file that opens a source, end so.
FOLDERS = ("_ARCHIVE", "_BACKUP_DIR")
KEY_FILE = "_KEY_FILE"


def private_paths(variables: Mapping[str, str], archives: Iterable[str] = ()) -> dict[Path, int]:
    """What is to be private -> the most that its mode may be; what is not there is left out.

    `archives`: the folders that the sources declare for what was delivered.
    """
    state_folder = settings.STATE_DIR
    wanted = {
        settings.ROOT / ".env": PRIVATE_FILE,
        settings.profiles_path(): PRIVATE_FILE,
        state_folder: PRIVATE_FOLDER,
        state_path(): PRIVATE_FILE,
        state_folder / "runs": PRIVATE_FOLDER,
        state_folder / "reports": PRIVATE_FOLDER,
        state_folder / "backups": PRIVATE_FOLDER,
    }
    wanted |= {path: PRIVATE_FILE for path in sorted((state_folder / "reports").glob("*.html"))}
    state = read_state()
    if state is not None:
        data = Path(state.data)
        wanted[data] = PRIVATE_FOLDER
        if as_root() and data.is_relative_to(state_folder):
            # The server's own user must pass through, and reads nothing there.
            wanted[state_folder] = 0o711
    wanted |= {settings.ROOT / in_its_home(one): PRIVATE_FOLDER for one in archives}
    for name, value in variables.items():
        if value.strip() and name.endswith((*FOLDERS, KEY_FILE)):
            path = in_its_home(value.strip())
            mode = PRIVATE_FOLDER if name.endswith(FOLDERS) else PRIVATE_FILE
            wanted[settings.ROOT / path] = mode
    return {path: mode for path, mode in wanted.items() if path.exists()}


def check_files(_: object, declared: Declaration) -> list[Answer]:
    """Each private file and folder against the mode that it may have at most."""
    if os.name == "nt":
        said = "Windows keeps rights on files in lists, not in modes"
        return [Answer("file modes", "NOT VISIBLE", said, "for their owner alone", "icacls")]
    found = []
    for path, most in private_paths(settings.environment(), declared.archives).items():
        mode = stat.S_IMODE(path.stat().st_mode)
        # What the owner may do is the owner's business.
        if mode & 0o077 & ~most:
            what = "folder" if path.is_dir() else "file"
            found.append(
                Answer(
                    "file modes",
                    "FAIL",
                    f"others may use the {what} {_short(path)} (mode {mode:04o})",
                    f"{most:04o}",
                    f"chmod {most:o} {path}",
                )
            )
    return found


def _short(path: Path) -> str:
    root = settings.ROOT
    return str(path.relative_to(root)) if path.is_relative_to(root) else str(path)
