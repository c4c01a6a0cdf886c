"""A row of a fact that comes from a database, by its key: the run that its values came with."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

import psycopg2
from psycopg2 import sql
from psycopg2.extensions import cursor as Cursor

from ingest.settings import SettingsError


@dataclass(frozen=True, slots=True)
class Load:
    """The last good load of a source table, and whether it was of the run of the row."""

    table: str
    run_id: str
    ended_at: datetime
    rows: int | None
    is_of_the_row: bool


@dataclass(frozen=True, slots=True)
class Keyed:
    """`rows`: how many have the key. `run_id`: the run that landed what the row was made from."""

    key: dict[str, str]
    rows: int
    run_id: str | None
    loads: list[Load]

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


def parse_key(said: Sequence[str], columns: Sequence[str], fact: str) -> dict[str, str]:
    """`--key` as column -> value: `column=value` of each, or the values in the order of the key.

    Commas part them, as in a line of CSV: `"a,b",c` are two. The value of a key of one column is
    taken as it is.

    Raises:
        SettingsError: too few, too many, or a column that is not of the key.
    """
    parts = list(said)
    if len(columns) > 1:
        parts = [part for line in csv.reader(said, skipinitialspace=True) for part in line]
    named = [part.partition("=") for part in parts]
    if all(sign for _, sign, _ in named):
        found = {column.strip(): value.strip() for column, _, value in named}
    else:
        found = dict(zip(columns, (part.strip() for part in parts), strict=False))
        found = found if len(parts) == len(columns) else {}
    if set(found) != set(columns):
        raise SettingsError(
            f"--key {','.join(parts)}: the key of {fact} is {', '.join(columns)}; write its"
            f" {'value' if len(columns) == 1 else 'values in this order, with commas between'}."
        )
    return found


def explain(
    cursor: Cursor, fact: str, key: dict[str, str], tables: Sequence[tuple[str, str]]
) -> Keyed:
    """Where the row of a fact comes from. `tables`: the source tables that the fact is made from.

    Raises:
        SettingsError: a value that its column cannot hold.
    """
    conditions = sql.SQL(" and ").join(
        sql.SQL("{} = %s").format(sql.Identifier(column)) for column in key
    )
    try:
        cursor.execute(
            sql.SQL("select count(*), max(_run_id) from {} where ").format(
                sql.Identifier("dwh_facts", fact)
            )
            + conditions,
            list(key.values()),
        )
    except psycopg2.DataError as error:
        raise SettingsError(
            f"--key {','.join(key.values())}: {', '.join(key)} of {fact} cannot hold this."
        ) from error
    rows, run_id = cursor.fetchone() or (0, None)
    cursor.execute(
        "select distinct on (source, table_name) source || '.' || table_name, run_id, logged_at,"
        " rows, run_id is not distinct from %s from etl.run_log"
        " where (source, table_name) in (select * from unnest(%s::text[], %s::text[]))"
        " and step = 'load' and status in ('ok', 'warn')"
        " order by source, table_name, run_id is not distinct from %s desc, logged_at desc",
        (run_id, [one for one, _ in tables], [name for _, name in tables], run_id),
    )
    return Keyed(key, int(rows), run_id, [Load(*row) for row in cursor.fetchall()])
