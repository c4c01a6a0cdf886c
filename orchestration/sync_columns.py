"""`entrepot sync-columns`: bring the declaration of source tables in line with the source."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from ingest.catalog import Catalog, CatalogError, DatabaseOrigin, Source, Table, load_catalog
from ingest.catalog.editing import (
    LINEAGE,
    NewColumn,
    add_columns,
    add_table,
    as_flow,
    columns_of,
    quoted,
    retype,
)
from ingest.console import complain
from ingest.databases.extents import numbered
from ingest.databases.model import (
    Database,
    Described,
    SourceColumn,
    SourceUnreachable,
    TableUnreadable,
)
from ingest.databases.opening import is_database, open_database, patience
from ingest.databases.patience import Silent, within
from ingest.databases.planning import plain_type
from ingest.names import NameCollision, NoName, column_names, snake_case
from ingest.runlog import RunLog, new_run_id
from ingest.settings import LOG_DIR, ROOT, SettingsError, Warehouse, environment
from ingest.warehouse import connect

# Columns that tell when a row was last written, as the sources that we know name them.
_CURSORS = ("dat_mod", "updated_at", "date_modification")


@dataclass(slots=True)
class Difference:
    """What the source has that the declaration of one table does not say.

    `guesses`: what was settled for a table that was not declared at all.
    """

    table: str
    relation: str
    path: Path
    appeared: list[NewColumn] = field(default_factory=list)
    vanished: list[str] = field(default_factory=list)
    changed: list[tuple[NewColumn, str]] = field(default_factory=list)
    guesses: dict[str, Any] | None = None

    def lines(self) -> list[str]:
        """One line for each difference, as it is shown and recorded."""
        guessed = [] if self.guesses is None else [f"new table: {as_flow(self.guesses)}"]
        return [
            *guessed,
            *(f"+ {column.name} ({column.source_type})" for column in self.appeared),
            *(f"- {name}: the source has it no longer; its entry stays" for name in self.vanished),
            *(f"~ {own.name}: {old} is now {own.source_type}" for own, old in self.changed),
        ]


def sync_columns(
    chosen: Warehouse,
    source_name: str,
    tables: Sequence[str],
    *,
    dry_run: bool = False,
    project: Path = ROOT,
) -> int:
    """Compare tables of a source with their declaration, and write what is missing.

    `tables`: their names, declared or not; none: all that are declared. Returns 1 if the source or
    one of the tables could not be read, else 0.

    Raises:
        SettingsError: there is no such source, it is not a database, or it has no connection.
    """
    source = _source(load_catalog(project), source_name)
    known = {table.name: table for table in source.tables}
    wanted = list(tables) or [t.name for t in source.tables if isinstance(t.origin, DatabaseOrigin)]
    log = RunLog(new_run_id(), LOG_DIR)
    failed = False
    opened: dict[str, Database] = {}
    try:
        for name in wanted:
            table = known.get(name.rpartition(".")[2])
            connection, url = _place(source, table)
            try:
                if url not in opened:
                    opened[url] = open_database(connection, url, environment())
                relation, described = _describe(opened[url], connection, source, table, name)
                path = project / (table or source.tables[0]).declared_in
                found = _compare(source, table, relation, described, path)
                if not dry_run:
                    _write(source, found, project)
            except (SourceUnreachable, Silent) as error:
                complain(f"sync-columns: {error}")
                return 1
            except (TableUnreadable, CatalogError, NameCollision, NoName) as error:
                complain(f"{source.name}.{name}: {error}")
                failed = True
                continue
            where = path.relative_to(project).as_posix()
            print("\n".join(_shown(source, found, where, dry_run=dry_run)))
            for line in found.lines() if not dry_run else ():
                log.add(
                    "list",
                    "warn",
                    source=source.name,
                    table_name=found.table,
                    error=f"schema_change: {line}",
                )
    finally:
        for database in opened.values():
            database.close()
        _record(chosen, log)
    return 1 if failed else 0


def _source(catalog: Catalog, name: str) -> Source:
    for source in catalog.sources:
        if source.name == name and any(isinstance(t.origin, DatabaseOrigin) for t in source.tables):
            return source
    databases = ", ".join(
        source.name
        for source in catalog.sources
        if any(isinstance(table.origin, DatabaseOrigin) for table in source.tables)
    )
    raise SettingsError(f"{name} is not a source that is a database (there are: {databases})")


def _place(source: Source, table: Table | None) -> tuple[str, str]:
    """The variable and URL of a table; one that is not declared lies where the others do."""
    names = table.connections if table else ()
    others = (t.connections[0] for t in source.tables if t.connections)
    first = source.connection or next(others, "")
    for connection in (*names, first):
        url = environment().get(connection, "").strip()
        if url and is_database(url):
            return connection, url
    raise SettingsError(f"{(*names, first)[0]} is empty or not a database (set it in .env)")


def _compare(
    source: Source, table: Table | None, relation: str, described: Described, path: Path
) -> Difference:
    """A new table goes into the file `path` where the first table of its source is."""
    name = table.name if table else snake_case(relation.rpartition(".")[2])
    found = Difference(name, relation, path)
    columns = _columns(source, table, relation, described)
    declared: list[dict[str, Any]] = []
    if table:
        text = found.path.read_text(encoding="utf-8")
        declared = columns_of(text, source.name, table.name)
    else:
        found.guesses = _guess(source, relation, described)
    held = {str(column["name"]): column for column in declared}
    for column in columns:
        if column.name not in held:
            found.appeared.append(column)
        elif (old := _recorded(held[column.name])) not in (None, column.source_type):
            found.changed.append((column, str(old)))
        elif old is None and plain_type(held[column.name].get("data_type")) != column.data_type:
            complain(
                f"{source.name}.{found.table}: {column.name} is declared"
                f" {held[column.name].get('data_type')}, the source has {column.source_type}; kept"
            )
    names = {column.name for column in columns}
    dropped = {c for c, rule in table.pii.items() if rule == "drop"} if table else set()
    found.vanished = [n for n in held if n not in names and n not in LINEAGE and n not in dropped]
    return found


def _describe(
    database: Database, connection: str, source: Source, table: Table | None, name: str
) -> tuple[str, Described]:
    seconds = patience(connection, environment())
    if table:
        assert isinstance(table.origin, DatabaseOrigin)
        relation = table.origin.relation
        return relation, within(seconds, lambda: database.describe(relation))
    # Where the declared tables of the source lie, unless the name says so itself.
    schemas = dict.fromkeys(
        t.origin.relation.rpartition(".")[0]
        for t in source.tables
        if isinstance(t.origin, DatabaseOrigin)
    )
    names = [name] if "." in name else [f"{s}.{name}" if s else name for s in [*schemas, ""]]
    for relation in names:
        try:
            return relation, within(seconds, lambda: database.describe(relation))  # noqa: B023
        except TableUnreadable as error:
            said = error
    raise said


def _columns(
    source: Source, table: Table | None, relation: str, described: Described
) -> list[NewColumn]:
    """The columns as they land: personal and excluded ones left out, arrays with their elements."""
    pii = table.pii if table else _personal(source, described)
    origin = table.origin if table else None
    exclude = origin.exclude if isinstance(origin, DatabaseOrigin) else {}
    extents = origin.extents if isinstance(origin, DatabaseOrigin) else {}
    kept = [
        column
        for column in described.columns
        if column.source_name not in exclude and pii.get(column.source_name) != "drop"
    ]
    names = column_names(column.source_name for column in kept)
    found = []
    for column in kept:
        own = _new(column, names[column.source_name], relation)
        if pii.get(column.source_name) == "pseudonymise":
            own = replace(own, data_type="text")
        found.append(own)
        for place, name in enumerate(numbered(own.name, extents.get(column.source_name, 0)), 1):
            said = f"Element {place} of {own.name}."
            found.append(replace(own, name=name, data_type="text", description=said))
    return found


def _new(column: SourceColumn, name: str, relation: str) -> NewColumn:
    label = " ".join((column.label or f"{column.source_name} of {relation}.").split())
    return NewColumn(name, plain_type(column.raw_type), column.source_type, label)


def _recorded(column: Mapping[str, Any]) -> str | None:
    """The source's type of a column when it was last written here."""
    meta = (column.get("config") or {}).get("meta") or {}
    found = (meta.get("source") or {}).get("type")
    return None if found is None else str(found)


def _personal(source: Source, described: Described) -> dict[str, str]:
    """What the other tables of the source do with columns of these names."""
    rules = {column: rule for table in source.tables for column, rule in table.pii.items()}
    own = {column.source_name for column in described.columns}
    return {column: rule for column, rule in rules.items() if column in own}


def _guess(source: Source, relation: str, described: Described) -> dict[str, Any]:
    """The `ingest:` entry of a table that nobody has declared yet."""
    names = [column.source_name for column in described.columns]
    key = described.primary_key or tuple(name for name in names if name == "uniq_id")
    cursor = next((name for name in _CURSORS if name in names), None)
    connection = next((t.connections[0] for t in source.tables if t.connections), None)
    guessed: dict[str, Any] = {"from": relation}
    if not source.connection and connection:
        guessed["connection"] = connection
    if key:
        guessed["primary_key"] = list(key)
    if cursor:
        is_day = plain_type(_type_of(described, cursor)) == "date"
        guessed |= {
            "cursor": cursor,
            "cursor_precision": "date" if is_day else "datetime",
            "lookback": "1d",
        }
    if pii := _personal(source, described):
        guessed["pii"] = pii
    return guessed


def _type_of(described: Described, column: str) -> str:
    return next(c.raw_type for c in described.columns if c.source_name == column)


def _write(source: Source, found: Difference, project: Path) -> None:
    """Write the differences into the file, unless the catalog would then refuse it."""
    before = text = found.path.read_text(encoding="utf-8")
    if found.guesses is not None:
        text = add_table(text, source.name, _entry(found))
    if found.appeared:
        text = add_columns(text, source.name, found.table, found.appeared)
    for column, old in found.changed:
        text = retype(text, source.name, found.table, column.name, column, old)
    if text == before:
        return
    found.path.write_text(text, encoding="utf-8")
    try:
        load_catalog(project)
    except CatalogError:
        found.path.write_text(before, encoding="utf-8")
        raise


def _entry(found: Difference) -> list[str]:
    said = f"{found.relation}, as its source has it."
    return [
        f"- name: {found.table}",
        f"  description: {quoted(said)}",
        "  config:",
        "    meta:",
        "      ingest:",
        *(f"        {as_flow({key: value})[1:-1]}" for key, value in (found.guesses or {}).items()),
    ]


def _shown(source: Source, found: Difference, where: str, *, dry_run: bool) -> list[str]:
    """The differences of a table, as a person reads them."""
    lines = found.lines()
    if not lines:
        return [f"{source.name}.{found.table}: as declared"]
    if found.guesses is not None and "primary_key" not in found.guesses:
        lines.append("! the source has no key: declare `primary_key`, else the table does not land")
    if dry_run:
        lines.append("(nothing written: --dry-run)")
    heading = f"{source.name}.{found.table} ({found.relation}) in {where}:"
    return [heading, *(f"  {line}" for line in lines)]


def _record(chosen: Warehouse, log: RunLog) -> None:
    opened = connect(chosen)
    try:
        with opened, opened.cursor() as cursor:
            count = log.insert_waiting(cursor)
        log.written(count)
    finally:
        opened.close()
        log.close()
