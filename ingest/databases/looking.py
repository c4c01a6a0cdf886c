"""`--extract-only` for source tables: read them, land nothing, say what a run would do."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from psycopg2.extensions import cursor as Cursor

from ingest.catalog import DatabaseOrigin, Table
from ingest.databases import marks
from ingest.databases.model import Database, SourceUnreachable, TableUnreadable
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
    database: Database, cursor: Cursor, tables: Sequence[Table], *, force_full: bool
) -> Iterator[Look]:
    """Read each table to its end, one after the other."""
    now = database.now()
    for table in tables:
        assert isinstance(table.origin, DatabaseOrigin)
        relation, rows = table.origin.relation, 0
        try:
            load = plan_load(
                table,
                database.describe(relation),
                marks.load_known(cursor, table.source).get(table.name),
                place=database.place,
                now=now,
                force_full=force_full,
            )
            for batch in database.read(load.extract):
                rows += batch.num_rows
        except (TableUnreadable, SourceUnreachable) as error:
            yield Look(table, relation, failure=str(error))
            continue
        since = load.extract.since
        reach = "the whole table" if since is None else f"rows since {marks.as_text(since)}"
        yield Look(table, relation, rows, reach)
