"""What a run says at its end: one table, one line per failure, the same as JSON."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from ingest.ledger import delivery_id
from ingest.package import Reading

STATUSES = ("landed", "superseded", "duplicate", "ignored", "failed", "pending", "withdrawn")
# Over two lines, so that the table of an ordinary day fits into 80 columns.
_SHORT = {
    "landed": "files\nlanded",
    "superseded": "super-\nseded",
    "duplicate": "dupli-\ncate",
    "ignored": "ig-\nnored",
    "failed": "failed",
    "pending": "pend-\ning",
    "withdrawn": "with-\ndrawn",
}
_ROWS = ("rows\nread", "rows\nlanded", "re-\njected")
_CHANGED = "rows\nchanged"


@dataclass(slots=True)
class Line:
    """One table of a source: files by status, rows, seconds spent on reading it.

    `rows_changed`: of a table of a database, the rows of its image that this run wrote or removed.
    """

    files: Counter[str] = field(default_factory=Counter)
    rows_read: int = 0
    rows_landed: int = 0
    rows_rejected: int = 0
    rows_changed: int | None = None
    seconds: float = 0.0


@dataclass(slots=True)
class Report:
    """Everything that a run did, gathered while it goes on.

    `failures`: what makes the exit code 1, one line each. `notes`: what a person should know.
    `to_retry`: the failed tables whose source did not answer, which it may do in some minutes;
    `unanswered`: the failures that say so.
    `stopped`: a critical table failed, and the request wanted no more after that.
    """

    run_id: str
    lines: dict[tuple[str, str], Line] = field(default_factory=dict)
    unchanged: int = 0
    failures: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    to_retry: list[str] = field(default_factory=list)
    unanswered: list[str] = field(default_factory=list)
    stopped: bool = False
    seconds: float = 0.0

    def line(self, source: str, table: str | None) -> Line:
        return self.lines.setdefault((source, table or "-"), Line())

    def recorded(self, reading: Reading, statuses: Mapping[str, str]) -> None:
        """Count one outer file that the ledger holds now."""
        for item in reading.deliveries:
            line = self.line(item.source, item.table_name)
            key = delivery_id(reading.outer.connection, item.path, item.sha256)
            line.files[statuses.get(key, item.status)] += 1
            if item.loaded:
                line.rows_read += item.rows_read or 0
                line.rows_landed += item.rows_landed or 0
                line.rows_rejected += item.rows_rejected or 0
            if item.status == "failed" and not item.is_old_failure:
                self.failures.append(f"{item.path}: {item.reason}")

    @property
    def exit_code(self) -> int:
        return 1 if self.failures else 0

    def totals(self) -> Line:
        """Everything of the run; its seconds are those of the clock, if they are more."""
        total = _sum(self.lines.values())
        total.seconds = max(total.seconds, self.seconds)
        return total

    def as_table(self) -> str:
        """For a person: one table of what came in files, one of what came from databases."""
        files = {key: line for key, line in self.lines.items() if line.rows_changed is None}
        images = {key: line for key, line in self.lines.items() if line.rows_changed is not None}
        return "\n\n".join(
            table
            for table in (
                self._table(files, files=True) if files or not images else "",
                self._table(images, files=False) if images else "",
            )
            if table
        )

    def _table(self, lines: Mapping[tuple[str, str], Line], *, files: bool) -> str:
        """One line per table under one per source; a status that no file has takes no column."""
        from tabulate import tabulate

        total = _sum(lines.values())
        statuses = [status for status in STATUSES if total.files[status]]

        def cells(name: str, line: Line) -> list[Any]:
            counts = [
                f"{line.files[status]:,}" if line.files[status] else "" for status in statuses
            ]
            counts += [f"{line.rows_read:,}", f"{line.rows_landed:,}", f"{line.rows_rejected:,}"]
            counts += [] if files else [f"{line.rows_changed or 0:,}"]
            return [name, *counts, f"{line.seconds:.1f}"]

        shown = []
        for source in dict.fromkeys(source for source, _ in lines):
            named = [
                cells(f"  {table}" if table != "-" else "  (no table)", line)
                for (own, table), line in lines.items()
                if own == source and (line.files or line.rows_read or line.rows_changed)
            ]
            shown += [[source], *named] if named else []
        shown.append(cells("total", total))
        headers = [*(_SHORT[status] for status in statuses), *_ROWS]
        headers += [] if files else [_CHANGED]
        return tabulate(
            shown,
            headers=["table", *headers, "s"],
            colalign=("left", *("right",) * (len(headers) + 1)),
            disable_numparse=True,
            preserve_whitespace=True,
        )

    def as_json(self) -> str:
        """The same for a program."""

        def values(line: Line) -> dict[str, Any]:
            return {
                "files": {status: line.files[status] for status in STATUSES},
                "rows_read": line.rows_read,
                "rows_landed": line.rows_landed,
                "rows_rejected": line.rows_rejected,
                "rows_changed": line.rows_changed,
                "seconds": round(line.seconds, 3),
            }

        return json.dumps(
            {
                "run_id": self.run_id,
                "exit_code": self.exit_code,
                "tables": {
                    f"{source}.{table}": values(line)
                    for (source, table), line in self.lines.items()
                    if table != "-"
                },
                "total": values(self.totals()),
                "unchanged": self.unchanged,
                "failures": self.failures,
                "notes": self.notes,
                "to_retry": self.to_retry,
                "unanswered": self.unanswered,
                "stopped": self.stopped,
            },
            ensure_ascii=False,
            indent=2,
        )


def _sum(lines: Iterable[Line]) -> Line:
    total = Line()
    for line in lines:
        total.files.update(line.files)
        total.rows_read += line.rows_read
        total.rows_landed += line.rows_landed
        total.rows_rejected += line.rows_rejected
        if line.rows_changed is not None:
            total.rows_changed = (total.rows_changed or 0) + line.rows_changed
        total.seconds += line.seconds
    return total


def first_lines(lines: Iterable[str], limit: int = 50) -> list[str]:
    """The first lines of many, and how many more there are."""
    kept = list(lines)
    more = len(kept) - limit
    return kept[:limit] + ([f"... and {more} more (see etl.file_ledger)"] if more > 0 else [])
