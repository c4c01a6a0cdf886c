"""etl.profiles: the profiles of a table, of which the newest ones are kept."""

from __future__ import annotations

from datetime import datetime

from psycopg2.extensions import cursor as Cursor
from psycopg2.extras import execute_values

from ingest.parts import Destination
from orchestration.profiling.reading import Column, Profile

# A quarter of a year of profiles, one every 14 days; values are kept no longer than they serve.
PROFILES_KEPT = 6
_LONGEST_VALUE = 200
_FIELDS = (
    *("data_type", "rows", "nulls", "blanks", "distinct_values", "is_estimated", "is_unique"),
    *("smallest", "greatest", "mean", "shortest", "longest"),
)


def last(cursor: Cursor, to: Destination) -> tuple[datetime | None, dict[str, Column]]:
    """When a relation was profiled last, and what its columns held then."""
    cursor.execute(
        f"select profiled_at, column_name, {', '.join(_FIELDS)} from etl.profiles"
        " where schema_name = %s and table_name = %s and profiled_at = ("
        "   select max(profiled_at) from etl.profiles where schema_name = %s and table_name = %s"
        " ) order by place",
        (to.schema, to.table, to.schema, to.table),
    )
    rows = cursor.fetchall()
    return (rows[0][0] if rows else None), {row[1]: Column(row[1], *row[2:]) for row in rows}


def keep(cursor: Cursor, made: Profile, run_id: str) -> None:
    """Keep a profile, and forget those that are older than the newest few."""
    to = made.relation.to
    rows = [
        (
            *(to.schema, to.table, column.name, made.profiled_at, run_id, place),
            *(column.data_type, column.rows, column.nulls, column.blanks, column.distinct),
            *(column.is_estimated, column.is_unique),
            *(_short(column.smallest), _short(column.greatest)),
            *(column.mean, column.shortest, column.longest),
        )
        for place, column in enumerate(made.columns, start=1)
    ]
    execute_values(
        cursor,
        "insert into etl.profiles (schema_name, table_name, column_name, profiled_at, run_id,"
        f" place, {', '.join(_FIELDS)}) values %s",
        rows,
        page_size=1_000,
    )
    cursor.execute(
        "delete from etl.profiles where schema_name = %s and table_name = %s and profiled_at < ("
        "   select min(profiled_at) from ("
        "     select distinct profiled_at from etl.profiles"
        "     where schema_name = %s and table_name = %s order by profiled_at desc limit %s"
        "   ) as newest)",
        (to.schema, to.table, to.schema, to.table, PROFILES_KEPT),
    )


def _short(value: str | None) -> str | None:
    return value[:_LONGEST_VALUE] if value is not None else None
