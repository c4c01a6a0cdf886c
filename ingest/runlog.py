"""The trace of a run: the same lines in `etl.run_log` and in `logs/<run_id>.jsonl`.

No line holds a value of a row: names, counts and reasons only.
"""

from __future__ import annotations

import json
import os
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal, TextIO

Step = Literal[
    "list",
    "extract",
    "load",
    "snapshot",
    "build",
    "test",
    "grants",
    "profile",
    "purge",
    "erase",
    "validate",
    "withdraw",
    "archive",
    "replay",
    "backup",
    "restore",
    "audit",
]
Status = Literal["started", "ok", "warn", "failed", "skipped"]
MAX_ERROR = 500


def new_run_id(now: datetime | None = None) -> str:
    """A name for a run that sorts by time: `20261120T061614Z-3f9a`."""
    moment = now or datetime.now(UTC)
    return f"{moment:%Y%m%dT%H%M%SZ}-{secrets.token_hex(2)}"


def own_run_id(variables: Mapping[str, str]) -> str:
    """The run that a command is: the one whose step it is (`ENTREPOT_RUN_ID`), else a new one."""
    return variables.get("ENTREPOT_RUN_ID") or new_run_id()


@dataclass(frozen=True, slots=True)
class Line:
    """One step of a run. `rows` and `bytes` are counts, `seconds` a duration."""

    step: Step
    status: Status
    source: str | None = None
    table_name: str | None = None
    rows: int | None = None
    bytes: int | None = None
    seconds: float | None = None
    error: str | None = None
    logged_at: datetime = field(default_factory=lambda: datetime.now(UTC))


class RunLog:
    """Collects the lines of one run; `insert` gives them to the database, `keep` to the file."""

    def __init__(self, run_id: str, folder: Path, attempt: int = 1):
        self.run_id = run_id
        self.attempt = attempt
        self.path = folder / f"{run_id}.jsonl"
        self._waiting: list[Line] = []
        self._file: TextIO | None = None

    def add(self, step: Step, status: Status, **values: Any) -> None:
        """Note a line: at once in the file, in the database with the next `insert_waiting`."""
        line = Line(step, status, **values)
        self.keep([line])
        self._waiting.append(line)

    def keep(self, lines: Sequence[Line]) -> None:
        """Append lines to the file, readable by its owner alone."""
        if self._file is None:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            handle = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
            self._file = os.fdopen(handle, "a", encoding="utf-8")
        for line in lines:
            values = asdict(line)
            values["logged_at"] = line.logged_at.isoformat()
            record = {"run_id": self.run_id, "attempt": self.attempt, **values}
            self._file.write(json.dumps(record, ensure_ascii=False) + "\n")
        self._file.flush()

    def insert(self, cursor: Any, lines: Sequence[Line]) -> None:
        """Write lines to `etl.run_log` in the cursor's transaction."""
        from psycopg2.extras import execute_values

        if lines:
            execute_values(
                cursor,
                "insert into etl.run_log (logged_at, run_id, attempt, source, table_name, step,"
                " status, rows, bytes, seconds, error) values %s",
                [
                    (
                        line.logged_at,
                        self.run_id,
                        self.attempt,
                        line.source,
                        line.table_name,
                        line.step,
                        line.status,
                        line.rows,
                        line.bytes,
                        line.seconds,
                        line.error[:MAX_ERROR] if line.error else None,
                    )
                    for line in lines
                ],
            )

    def insert_waiting(self, cursor: Any) -> int:
        """Write what `add` noted and the database does not have yet; returns how many lines.

        Call `written` with that number once the transaction has been committed.
        """
        self.insert(cursor, self._waiting)
        return len(self._waiting)

    def written(self, count: int) -> None:
        """Forget the first `count` waiting lines: the database has them for good."""
        del self._waiting[:count]

    def close(self) -> None:
        if self._file:
            self._file.close()
            self._file = None
