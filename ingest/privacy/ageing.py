"""Files that have grown too old: those of a folder that were last written before a moment.

Logs and reports are taken out by it; a folder of anything else (an archive of delivered files) is
one more call.
"""

from __future__ import annotations

from datetime import datetime
from pathlib import Path


def purge_files(
    folder: Path, before: datetime, *patterns: str, dry_run: bool = False
) -> tuple[int, int]:
    """Remove files that were last written before a moment; returns how many, and their bytes.

    Folders stay, and so do symbolic links and what they point to.

    Args:
        folder: looked through with all that is below it; nothing is done if there is none.
        patterns: of the names of files; by default all.
        dry_run: count them, and leave them where they are.
    """
    count = size = 0
    found = {path for pattern in patterns or ("*",) for path in folder.rglob(pattern)}
    for path in sorted(found):
        try:
            if path.is_symlink() or not path.is_file():
                continue
            status = path.stat()
            if status.st_mtime >= before.timestamp():
                continue
            if not dry_run:
                path.unlink()
        except FileNotFoundError:
            continue  # somebody else took it out just now
        count, size = count + 1, size + status.st_size
    return count, size
