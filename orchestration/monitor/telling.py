"""The monitor in words: small tables, one below the other."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from itertools import groupby
from typing import Any

from tabulate import tabulate

from orchestration.monitor.queries import COUNTED

Row = dict[str, Any]
Found = dict[str, list[Row]]

SLA = {"OK": "ok", "WARNING": "late", "CRITICAL": "LATE"}
WORST = ("CRITICAL", "WARNING", "OK")
# Late tables that are listed one by one.
LISTED = 15
# Names are cut in their middle, but never to less than this.
SHORTEST = 20
# What is shown of the steps of a run.
STEPS = 22


def as_text(found: Found, *, width: int, by_object: bool = True, exact: bool = False) -> str:
    """Everything that was collected, in lines of at most `width` columns.

    `by_object`: with the objects of each layer; else one line per layer.
    """
    parts = [
        _objects(found["objects"], width, by_object=by_object, exact=exact),
        _late(found["freshness"], width),
        _table(
            ("files", "count", "rows landed", "rows rejected"),
            [
                (
                    line["status"],
                    thousands(line["files"]),
                    thousands(line["landed"]),
                    thousands(line["rejected"]),
                )
                for line in found["files"]
            ],
            width,
        ),
        _runs(found["runs"], width),
        _slow(found["slow_models"], width),
        _rejects(found["rejects"], width, exact=exact),
        _undated(found["undated"], width),
    ]
    return "\n\n".join(part for part in parts if part)


def size(count: int) -> str:
    """Bytes in the largest unit that fits, to the next whole number: `12 MB`."""
    value = float(count)
    for unit in ("B", "kB", "MB", "GB"):
        if value < 1024:
            return f"{value:.0f} {unit}"
        value /= 1024
    return f"{value:.1f} TB"


def ago(moment: datetime | None) -> str:
    """How long ago, in the largest unit that fits: `12 s`, `3 min`, `5 h`, `8 d`."""
    if moment is None:
        return ""
    seconds = max(0.0, (datetime.now(UTC) - moment).total_seconds())
    for unit, length in (("d", 86400), ("h", 3600), ("min", 60)):
        if seconds >= length:
            return f"{seconds // length:.0f} {unit}"
    return f"{seconds:.0f} s"


def thousands(count: int | None) -> str:
    """A number in groups of three digits: `20 296 346`; empty for None."""
    return "" if count is None else f"{count:,}".replace(",", " ")


def rounded(count: int) -> str:
    """An estimate, no finer than it is: `999 999`, `20.3 M`."""
    return thousands(count) if count < 1_000_000 else f"{count / 1e6:.1f} M"


def cut(text: str, width: int) -> str:
    """A text of at most `width` characters; what is too long loses its middle."""
    if len(text) <= width:
        return text
    tail = (width - 1) // 2
    return f"{text[: width - 1 - tail]}…{text[-tail:]}"


def _table(
    headers: Sequence[str], rows: Sequence[Sequence[str]], width: int, *, texts: int = 1
) -> str:
    """A table whose first column is cut to what the others leave it.

    `texts`: how many columns hold texts, the first ones; the others hold numbers.
    """
    if not rows:
        return ""
    columns = list(zip(headers, *rows, strict=True))
    # Two between columns, and tabulate keeps two beside a header.
    others = sum(2 + max(len(head) + 2, *map(len, cells)) for head, *cells in columns[1:])
    room = max(SHORTEST, width - others)
    return tabulate(
        [(cut(first, room), *rest) for first, *rest in rows],
        headers=headers,
        colalign=["left"] * texts + ["right"] * (len(headers) - texts),
        disable_numparse=True,
        preserve_whitespace=True,
    )


def _objects(objects: Sequence[Row], width: int, *, by_object: bool, exact: bool) -> str:
    """A line for each layer with its sums, and below it one for each of its objects."""
    count = thousands if exact else rounded
    lines: list[tuple[str, ...]] = []
    for schema, group in groupby(objects, key=lambda entry: str(entry["schema_name"])):
        held = list(group)
        lines.append(
            (
                schema,
                count(sum(entry["rows"] for entry in held)),
                size(sum(entry["bytes"] for entry in held)),
                ago(_newest(entry["last_ok"] for entry in held)),
                ago(_newest(entry["last_change"] for entry in held)),
                next((SLA[s] for s in WORST if s in {e["sla_status"] for e in held}), ""),
            )
        )
        lines += [
            (
                f"  {entry['object_name']}",
                count(entry["rows"]),
                size(entry["bytes"]),
                ago(entry["last_ok"]),
                ago(entry["last_change"]),
                SLA.get(entry["sla_status"], ""),
            )
            for entry in (held if by_object else ())
        ]
    return _table(("layer, object", "rows", "size", "loaded", "changed", "sla"), lines, width)


def _newest(moments: Iterable[datetime | None]) -> datetime | None:
    return max((moment for moment in moments if moment), default=None)


def _late(freshness: Sequence[Row], width: int) -> str:
    late = [line for line in freshness if line["sla_status"] != "OK"]
    rows = [
        (
            f"{line['source']}.{line['table_name']}",
            line["sla_status"],
            ago(line["last_success_at"]) or "never",
            _limit(line),
        )
        for line in late[:LISTED]
    ]
    if len(late) > LISTED:
        rows.append((f"and {len(late) - LISTED} more (etl.vw_sla_breach)", "", "", ""))
    return _table(("late tables", "status", "loaded", "limit"), rows, width, texts=2)


def _limit(line: Row) -> str:
    critical = line["sla_status"] == "CRITICAL"
    hours = line["error_after_hours"] if critical else line["warn_after_hours"]
    return f"{float(hours):g} h" if float(hours) < 48 else f"{float(hours) / 24:g} d"


def _runs(runs: Sequence[Row], width: int) -> str:
    rows = [
        (
            line["run_id"],
            cut(line["steps"], STEPS),
            ago(line["began_at"]),
            str(line["ok"]),
            str(line["failed"]),
            f"{line['seconds']:.1f}",
        )
        for line in runs
    ]
    return _table(("last runs", "steps", "began", "ok", "failed", "s"), rows, width, texts=2)


def _slow(models: Sequence[Row], width: int) -> str:
    rows = [
        (
            line["model"],
            f"{line['seconds'] or 0:.1f}",
            "" if line["usual_seconds"] is None else f"{line['usual_seconds']:.1f}",
            ago(line["built_at"]),
        )
        for line in models
    ]
    return _table(("slow models", "s", "usual s", "built"), rows, width)


def _rejects(rejects: Sequence[Row], width: int, *, exact: bool) -> str:
    def counted(count: int) -> str:
        return thousands(count) if exact or count <= COUNTED else f"{thousands(COUNTED)}+"

    rows = [
        (f"{line['table_name']}: {line['reason']}", counted(line["rows"]), ago(line["last_at"]))
        for line in rejects
    ]
    return _table(("rejects", "rows", "last"), rows, width)


def _undated(tables: Sequence[Row], width: int) -> str:
    rows = [
        (
            line["table_name"],
            thousands(line["image_rows"]),
            thousands(line["rows_without_cursor"]),
            ago(line["last_full_at"]),
        )
        for line in tables
    ]
    return _table(("rows that only a full load brings", "of", "rows", "last full"), rows, width)
