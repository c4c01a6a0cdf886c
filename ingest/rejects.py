"""Rejected records on their way to `etl.rejects`: a file each, so that memory stays flat."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import IO

from psycopg2.extensions import cursor as Cursor

from ingest.files.model import Reject

_COPY = (
    "copy etl.rejects (reject_id, run_id, source, table_name, _file_id, path, row_number,"
    " line_number, reason, raw_text, raw_hash, rejected_at) from stdin"
)
# COPY's own text format: unlike CSV, no value can look like the end of the data.
_ESCAPES = str.maketrans({"\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t"})


class RejectFile:
    """The rejects of one delivered file, in the throw-away folder."""

    def __init__(
        self, path: Path, *, run_id: str, source: str, table: str, file_id: str, delivered: str
    ):
        self._path = path
        self._file_id = file_id
        self._before = [run_id, source, table, file_id, delivered]
        self._stream: IO[str] | None = None

    def add(self, reject: Reject) -> None:
        """Keep one reject. Its identity is that of its file and its row."""
        if self._stream is None:
            self._stream = self._path.open("w", encoding="utf-8", newline="")
        values = [
            f"{self._file_id}-{reject.row_number}",
            *self._before,
            reject.row_number,
            reject.line_number,
            reject.reason,
            reject.raw_text,
            reject.raw_hash,
            datetime.now(UTC).isoformat(),
        ]
        self._stream.write("\t".join(map(_field, values)) + "\n")

    def copy_to(self, cursor: Cursor) -> None:
        """Write what was kept to the table, in the cursor's transaction."""
        if self._stream:
            self._stream.flush()
            with self._path.open(encoding="utf-8", newline="") as written:
                cursor.copy_expert(_COPY, written)

    def forget(self) -> None:
        if self._stream:
            self._stream.close()
            self._stream = None
            self._path.unlink()


def _field(value: object) -> str:
    return "\\N" if value is None else str(value).translate(_ESCAPES)


def replace_rejects(cursor: Cursor, file_ids: Sequence[str], files: Iterable[RejectFile]) -> None:
    """Write the rejects of files that were read, in place of those they had."""
    if file_ids:
        cursor.execute("delete from etl.rejects where _file_id = any(%s)", (list(file_ids),))
    for file in files:
        file.copy_to(cursor)
