"""Which columns of a source table could stay out, as lines for its YAML.

The system of before left out columns that were more than 90 % empty, had one value, or fewer
distinct values than 1 % of the rows. The last two rules throw away flags and codes, and the first
what is rare; so only columns that say nothing at all are suggested.
"""

from __future__ import annotations

from dataclasses import dataclass

import yaml
from psycopg2.extensions import cursor as Cursor

from ingest.catalog import DatabaseOrigin, Table
from ingest.names import snake_case
from ingest.raw_tables import lineage_of
from orchestration.profiling.reading import Profile

# How deep `exclude` stands in a source's YAML.
_INDENT = " " * 14


@dataclass(frozen=True, slots=True)
class Suggestion:
    """excluded: name at the source -> why it says nothing. read: columns that say nothing either,
    but are declared, so that staging reads them.
    """

    excluded: dict[str, str]
    read: list[str]

    @property
    def lines(self) -> str:
        """YAML to paste below `ingest:` of the table; empty where there is nothing to exclude."""
        if not self.excluded:
            return ""
        text: str = yaml.safe_dump(
            {"exclude": self.excluded}, allow_unicode=True, sort_keys=False, width=1_000, indent=2
        )
        return "\n".join(_INDENT + line for line in text.splitlines())


def suggest(cursor: Cursor, made: Profile) -> Suggestion | None:
    """What could be excluded of a source table; None where `exclude` is no choice."""
    table = made.relation.declared
    if table is None or not isinstance(table.origin, DatabaseOrigin):
        return None
    cursor.execute(
        "select column_name, source_name from etl.columns where source = %s and table_name = %s",
        (table.source, table.name),
    )
    names = dict(cursor.fetchall())
    needed = _needed(table, table.origin)
    day, excluded, read = made.profiled_at.date(), {}, []
    for column in made.in_state("empty", "constant"):
        if column.name in needed:
            read.append(column.name)
        elif column.name in names:
            said = "empty" if column.state == "empty" else "one value"
            excluded[names[column.name]] = f"{said} in all {made.rows:,} rows on {day}"
    return Suggestion(excluded, read)


def _needed(table: Table, origin: DatabaseOrigin) -> set[str]:
    """Columns that the declaration itself speaks of; without them it, or staging, would fail."""
    named = [
        *origin.primary_key,
        *origin.nullable_key,
        *origin.extents,
        *(name for name in (origin.cursor, origin.retention_column) if name),
        *(name for one in table.subjects for name in (*one.columns, *one.personal)),
        *(column.name for column in table.columns),
        *table.pii,
    ]
    return {snake_case(name) for name in named if name != "_row_hash"} | set(lineage_of(table))
