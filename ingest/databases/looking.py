"""`--extract-only` for source tables: read them, land nothing, say what a run would do."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from psycopg2.extensions import cursor as Cursor

from ingest.catalog import DatabaseOrigin, Table
from ingest.databases import marks
from ingest.databases.model import Database, Extract, ReadAgain, SourceUnreachable, TableUnreadable
from ingest.databases.patience import PATIENCE, Silent, patiently
from ingest.databases.planning import plan_load


@dataclass(frozen=True, slots=True)
class Look:
    """What reading one table came to: its rows, how far back it was read, or why it failed."""

    table: Table
    relation: str
    rows: int = 0
    reach: str = ""
    failure: str | None = None


def look(
    database: Database,
    cursor: Cursor,
    tables: Sequence[Table],
    *,
    force_full: bool,
    patience: float = PATIENCE,
) -> Iterator[Look]:
    """Read each table to its end, one after the other."""
    now = database.now()
    for table in tables:
        assert isinstance(table.origin, DatabaseOrigin)
        relation = table.origin.relation
        try:
            load = plan_load(
                table,
                database.describe(relation),
                marks.load_known(cursor, table.source).get(table.name),
                place=database.place,
                now=now,
                force_full=force_full,
            )
            try:
                rows = _count(database, load.extract, patience)
            except ReadAgain:
                rows = _count(database, load.extract, patience)
        except (TableUnreadable, SourceUnreachable, Silent) as error:
            yield Look(table, relation, failure=str(error))
            continue
        since = load.extract.since
        reach = "the whole table" if since is None else f"rows since {marks.as_text(since)}"
        yield Look(table, relation, rows, reach)


def _count(database: Database, extract: Extract, patience: float) -> int:
    return sum(batch.num_rows for batch in patiently(lambda: database.read(extract), patience))
