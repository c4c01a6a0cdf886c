"""One table's `ingest:` entry, judged key by key."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeVar, cast

from ingest.catalog import grammar
from ingest.catalog.model import (
    DatabaseOrigin,
    FilesOrigin,
    Generated,
    LinesOrigin,
    Origin,
    Priority,
    Table,
)

T = TypeVar("T")

_COMMON: dict[str, Callable[[Any], Any]] = {
    "connection": grammar.variable,
    "priority": grammar.priority,
    "tolerance": grammar.tolerance,
    "pii": grammar.pii,
    "retention": grammar.duration,
    "mode": lambda value: grammar.one_of(value, "incremental", "full"),
}
_FILES: dict[str, Callable[[Any], Any]] = {
    "format": lambda value: grammar.one_of(value, "table", "lines"),
    "files": grammar.texts,
    "kind": lambda value: grammar.one_of(value, "consolidated", "provisional"),
    "header": grammar.header,
    "date_column": grammar.text,
    "expected": grammar.expected,
    "encodings": grammar.encodings,
    "separators": grammar.separators,
}
_LINES: dict[str, Callable[[Any], Any]] = {
    "format": _FILES["format"],
    "files": grammar.texts,
    "extensions": grammar.extensions,
    "expected": grammar.expected,
    "values": grammar.values,
}
_DATABASE: dict[str, Callable[[Any], Any]] = {
    "from": grammar.text,
    "primary_key": grammar.texts,
    "nullable_key": grammar.texts,
    "cursor": grammar.text,
    "cursor_precision": lambda value: grammar.one_of(value, "date", "datetime"),
    "lookback": grammar.duration,
    "filter": grammar.text,
    "retention_column": grammar.text,
    "subject": grammar.subject,
    "exclude": grammar.reasons,
    "extents": grammar.extents,
}
_GENERATED: dict[str, Callable[[Any], Any]] = {
    "generated": grammar.yes,
}
ROW_HASH = "_row_hash"  # as the key of a table that has none: equal rows are one row
_ENCODINGS = ("utf-8", "cp1252", "iso-8859-1")
_SEPARATORS = (";", ",", "\t")


class Problems:
    """Every wrong thing met so far, one line each: `file: table: key: what is wrong`."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def add(self, label: str, table: str, key: str, what: str) -> None:
        self.lines.append(f"{label}: {table}: {key}: {what}")

    def read(
        self, label: str, table: str, key: str, parser: Callable[[Any], T], value: Any
    ) -> T | None:
        """The parsed value, or None once the problem is noted."""
        try:
            return parser(value)
        except ValueError as error:
            self.add(label, table, key, str(error))
            return None

    def refuse_unknown(
        self, entry: Mapping[str, Any], known: set[str], label: str, table: str
    ) -> None:
        for key in entry:
            if key not in known:
                self.add(label, table, str(key), f"unknown key (known: {', '.join(sorted(known))})")

    def has_ingest(self, entry: Any) -> bool:
        return isinstance(entry, dict) and "ingest" in _meta(entry)

    def ingest_of(self, entry: Any, label: str, table: str) -> dict[str, Any] | None:
        """The `config.meta.ingest` mapping of a source or table; None if there is none."""
        if "ingest" in (entry.get("meta") or {}):
            self.add(label, table, "meta", "write `ingest` under `config: meta:`")
        meta = _meta(entry)
        if "ingest" not in meta:
            return None
        own = meta["ingest"]
        if own is not None and not isinstance(own, dict):
            self.add(label, table, "ingest", "it is not a mapping")
            return {}
        return own or {}


def _meta(entry: dict[str, Any]) -> dict[str, Any]:
    meta = (entry.get("config") or {}).get("meta") or {}
    return meta if isinstance(meta, dict) else {}


def read_table(
    entry: Any,
    source: str,
    schema: str,
    inherited: Mapping[str, Any],
    freshness: Any,
    label: str,
    problems: Problems,
) -> Table | None:
    """Judge one table; what is wrong goes to `problems`.

    `inherited`: the source's own settings, `freshness`: the source's default. Returns None for
    an entry without a usable name.
    """
    if not isinstance(entry, dict) or not isinstance(entry.get("name"), str):
        problems.add(label, source, "name", "a table has no name")
        return None
    name = entry["name"]
    key = f"{source}.{name}"
    own = problems.ingest_of(entry, label, key) or {}
    roads = _roads(own)
    known = {**_COMMON, **roads}
    problems.refuse_unknown(own, set(known), label, key)
    values = {
        item: problems.read(label, key, item, known[item], value)
        for item, value in own.items()
        if item in known
    }
    problems.read(label, key, "name", grammar.name, name)
    columns = problems.read(label, key, "columns", grammar.columns, entry.get("columns")) or ()
    config = entry.get("config") or {}
    fresh = config.get("freshness", entry.get("freshness", freshness))
    _judge_together(values, roads, {column.name for column in columns}, key, label, problems)
    return Table(
        source=source,
        name=name,
        schema=schema,
        identifier=str(entry.get("identifier") or name),
        declared_in=label,
        connections=tuple(
            dict.fromkeys(
                variable
                for variable in (values.get("connection"), inherited.get("connection"))
                if isinstance(variable, str)
            )
        ),
        origin=_origin(name, values, roads),
        columns=columns,
        priority=cast(Priority, values.get("priority", Priority.normal)),
        tolerance=values.get("tolerance") or 0.0,
        pii=values.get("pii") or {},
        retention=values.get("retention"),
        subjects=values.get("subject") or (),
        mode=values.get("mode"),
        freshness=problems.read(label, key, "freshness", grammar.freshness, fresh),
        expected=values.get("expected"),
    )


def _roads(own: Mapping[str, Any]) -> dict[str, Callable[[Any], Any]]:
    """The keys of the way this table arrives: one way, never a mixture of two."""
    if "generated" in own:
        return _GENERATED
    if own.get("format") == "lines":
        return _LINES
    return _FILES if {"files", "header", "format"} & own.keys() else _DATABASE


def _judge_together(
    values: Mapping[str, Any],
    roads: Mapping[str, Any],
    columns: set[str],
    key: str,
    label: str,
    problems: Problems,
) -> None:
    if roads is _FILES:
        _judge_files(values, key, label, problems)
    elif roads is _LINES:
        _judge_lines(values, columns, key, label, problems)
    elif roads is _DATABASE:
        _judge_database(values, columns, key, label, problems)
        _judge_privacy(values, columns, key, label, problems)
    elif "retention" in values:
        problems.add(label, key, "retention", "it says nothing of a table that we make ourselves")


def _judge_files(values: Mapping[str, Any], key: str, label: str, problems: Problems) -> None:
    for needed in ("files", "header"):
        if needed not in values:
            problems.add(label, key, needed, "missing: a table that comes in files needs it")
    header = {spelling for column in values.get("header") or () for spelling in column}
    day = values.get("date_column")
    if day and header and day not in header:
        problems.add(label, key, "date_column", f"{day!r} is not in the header")
    expected = values.get("expected")
    if expected and expected.every not in ("two_months", "week"):
        problems.add(label, key, "expected", f"{expected.every} is for files that name their day")
    if expected and expected.every == "week" and not day:
        problems.add(label, key, "expected", "week needs `date_column`, which says what came")
    if expected and expected.every == "two_months":
        _judge_named_by("{periode}", values, key, label, problems)


def _judge_named_by(
    part: str, values: Mapping[str, Any], key: str, label: str, problems: Problems
) -> None:
    """What is expected by spans must come in files whose names say the span."""
    for pattern in values.get("files") or ():
        if part not in pattern:
            problems.add(label, key, "expected", f"the file pattern {pattern!r} has no {part}")


def _judge_lines(
    values: Mapping[str, Any], columns: set[str], key: str, label: str, problems: Problems
) -> None:
    for needed in ("files", "values"):
        if needed not in values:
            problems.add(label, key, needed, "missing: a table of lines needs it")
    if values.get("pii"):
        problems.add(label, key, "pii", "a line lands whole: a table of lines protects no column")
    expected = values.get("expected")
    if expected and expected.every not in ("working_day", "weekday"):
        problems.add(label, key, "expected", f"{expected.every} is for tables with a header")
    if expected:
        _judge_named_by("{jour}", values, key, label, problems)
    taken = values.get("values") or {}
    for column in taken:
        if columns and column not in columns:
            problems.add(label, key, "values", f"column {column!r} is not among `columns:`")
    if "folder" in taken.values():
        for pattern in values.get("files") or ():
            if "{dossier}/" not in pattern:
                problems.add(label, key, "files", f"{pattern!r} names no folder: {{dossier}}/...")


def _judge_database(
    values: Mapping[str, Any], columns: set[str], key: str, label: str, problems: Problems
) -> None:
    cursor = values.get("cursor")
    for dependent in ("cursor_precision", "lookback"):
        if dependent in values and not cursor:
            problems.add(label, key, "cursor", f"missing: {dependent} says nothing without it")
    if ROW_HASH in (values.get("primary_key") or ()):
        _judge_keyless(values, cursor, key, label, problems)
        return
    needed = [("cursor", cursor)] if cursor else []
    needed += [("primary_key", column) for column in values.get("primary_key") or ()]
    for item, column in needed:
        if columns and not _is_among(column, columns):
            problems.add(label, key, item, f"column {column!r} is not among `columns:`")
        if column in (values.get("exclude") or {}):
            problems.add(label, key, item, f"column {column!r} is excluded")
        if (values.get("pii") or {}).get(column) == "drop":
            problems.add(label, key, item, f"column {column!r} is dropped as `pii`")
    for column in values.get("nullable_key") or ():
        if column not in (values.get("primary_key") or ()):
            problems.add(label, key, "nullable_key", f"{column!r} is not in `primary_key`")
    for column in values.get("extents") or ():
        if column in (values.get("pii") or {}) or column in (values.get("exclude") or {}):
            problems.add(
                label, key, "extents", f"{column!r} is personal or excluded: it is not split"
            )


def _is_among(column: str, columns: set[str]) -> bool:
    """Whether the SQL name of a source's column is one of those that are declared."""
    from ingest.names import NoName, snake_case

    try:
        return snake_case(column) in columns
    except NoName:
        return False


def _judge_privacy(
    values: Mapping[str, Any], columns: set[str], key: str, label: str, problems: Problems
) -> None:
    """Retention needs a day of each row, and a person a column that is landed."""
    absent = {name: "excluded" for name in values.get("exclude") or {}}
    pii = values.get("pii") or {}
    absent |= {name: "dropped as `pii`" for name, rule in pii.items() if rule == "drop"}
    dated = values.get("retention_column")
    if "retention" in values and not (dated or values.get("cursor")):
        problems.add(
            label, key, "retention", "it needs `retention_column`, which says how old a row is"
        )
    if dated and "retention" not in values:
        problems.add(label, key, "retention_column", "it says nothing without `retention`")
    if dated and columns and not _is_among(dated, columns):
        problems.add(label, key, "retention_column", f"{dated!r} is not among `columns:`")
    if dated in absent or dated in pii:
        problems.add(label, key, "retention_column", f"{dated!r} is excluded or personal")
    primary = set(values.get("primary_key") or ())
    for subject in values.get("subject") or ():
        for column in (*subject.columns, *subject.personal):
            if column in absent:
                problems.add(label, key, "subject", f"{column!r} is {absent[column]}")
        if not subject.deletes and primary & {*subject.columns, *subject.personal}:
            problems.add(
                label,
                key,
                "subject",
                f"{subject.kind}: a column of the key cannot be emptied; write `erase: delete`",
            )


def _judge_keyless(
    values: Mapping[str, Any], cursor: Any, key: str, label: str, problems: Problems
) -> None:
    """A table without a key is told by its content: a delta could not tell what it replaces."""
    if values["primary_key"] != (ROW_HASH,):
        problems.add(label, key, "primary_key", f"{ROW_HASH} is the whole key, or no part of it")
    if cursor:
        problems.add(label, key, "cursor", f"a table whose key is {ROW_HASH} is always read whole")


def _origin(name: str, values: Mapping[str, Any], roads: Mapping[str, Any]) -> Origin:
    if roads is _GENERATED:
        return Generated()
    if roads is _FILES:
        return FilesOrigin(
            patterns=values.get("files") or (),
            header=values.get("header") or (),
            kind=cast(Any, values.get("kind") or "consolidated"),
            date_column=values.get("date_column"),
            encodings=values.get("encodings") or _ENCODINGS,
            separators=values.get("separators") or _SEPARATORS,
        )
    if roads is _LINES:
        return LinesOrigin(
            patterns=values.get("files") or (),
            extensions=values.get("extensions") or (".log",),
            values=values.get("values") or {},
        )
    return DatabaseOrigin(
        relation=values.get("from") or name,
        primary_key=values.get("primary_key") or (),
        cursor=values.get("cursor"),
        cursor_precision=values.get("cursor_precision"),
        lookback=values.get("lookback"),
        filter=values.get("filter"),
        exclude=values.get("exclude") or {},
        nullable_key=values.get("nullable_key") or (),
        extents=values.get("extents") or {},
        retention_column=values.get("retention_column"),
    )
