"""Personal values in clear: in columns that are declared, and, by their look, in any other.

What is asked of each table is a sample, and what comes back are counts: no value leaves the server.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import psycopg2
from psycopg2 import sql
from psycopg2.extensions import connection as Connection

from ingest.catalog import DatabaseOrigin, Table
from ingest.databases.extents import numbered
from ingest.files.protect import DROP, PSEUDONYMISE
from ingest.names import snake_case
from ingest.parts import Destination
from ingest.raw_tables import destination, present_columns, qualified
from orchestration.audit.declared import Declaration
from orchestration.audit.looking import HIDDEN, rows, why_hidden
from orchestration.audit.model import Answer

# At most so many rows of a table are looked at, from all over it.
SAMPLE = 1000
# A row of an answer has at most 1,664 columns.
COLUMNS_AT_ONCE = 200
PSEUDONYM = "^[0-9a-f]{64}$"
# How a value looks that tells a person, as a pattern of PostgreSQL. One is enough.
LOOKS = {
    "e-mail addresses": r"[[:alnum:]._%+-]+@[[:alnum:]-]+(\.[[:alnum:]-]+)*\.[[:alpha:]]{2,}",
    "telephone numbers": (
        r"((^|[^[:alnum:]])(\+|00) ?(225( ?[-.]?[0-9]){10}|33( ?[-.]?[0-9]){9})([^0-9]|$))"
        r"|((^|[^[:alnum:].-])0[1-9]([ .-][0-9]{2}){4}([^[:alnum:].-]|$))"
    ),
    "bank accounts (IBAN)": (
        r"(^|[^[:alnum:]])("
        r"(FR|MC)[0-9]{2}( ?[0-9]{4}){2} ?[0-9]{2}[0-9A-Z]{2} ?[0-9A-Z]{4} ?[0-9A-Z]{4}"
        r" ?[0-9A-Z][0-9]{2}"
        r"|(CI|SN|ML|BF|TG|BJ|NE|GW)[0-9]{2} ?[A-Z]{2}[0-9]{2}( ?[0-9]{4}){5}"
        r"|BE[0-9]{2}( ?[0-9]{4}){3}|DE[0-9]{2}( ?[0-9]{4}){4} ?[0-9]{2}"
        r")([^[:alnum:]]|$)"
    ),
}
# Ten digits may be anything: a telephone number where nearly all values of a column look so.
BARE_NUMBER = "^0[1-9][0-9]{8}$"
MOSTLY = 0.8
_TEXTS = """
select
    nspname::text as schema, relname::text as name, greatest(reltuples, 0)::bigint as estimate,
    relkind = 'r' as is_table,
    array_agg(attname::text order by attnum) as columns
from pg_class
inner join pg_namespace on relnamespace = pg_namespace.oid
inner join pg_attribute on attrelid = pg_class.oid and attnum > 0 and not attisdropped
where
    relkind in ('r', 'p', 'm') and nspname = any(%(schemas)s)
    and atttypid in ('text'::regtype, 'varchar'::regtype, 'bpchar'::regtype)
    and not starts_with(attname, '_')
group by 1, 2, 3, 4
order by 1, 2
"""


# Makes an aggregate of a column.
Aggregate = Callable[[sql.Identifier], sql.Composable]


@dataclass(frozen=True, slots=True)
class Seen:
    """What a sample of one column holds: `rows` with a value, and how many look like what."""

    schema: str
    table: str
    column: str
    rows: int
    looks: Mapping[str, int]

    @property
    def place(self) -> str:
        return f"{self.schema}.{self.table}.{self.column}"


def check_personal(opened: Connection, declared: Declaration) -> list[Answer]:
    """Declared columns; then every text column of raw, ods and what dbt builds, by its look."""
    found = _declared(opened, declared)
    told = {finding.found.partition(" ")[0] for finding in found}
    for seen in look(opened, [name for name in declared.schemas if name != "etl"]):
        if isinstance(seen, Answer):
            found.append(seen)
            continue
        if seen.place in told or seen.place in declared.accepted:
            continue
        for what, count in seen.looks.items():
            found.append(
                Answer(
                    "personal columns",
                    "FAIL",
                    f"{seen.place} holds {what} ({_share(count, seen.rows)} of a sample)",
                    "declared in `pii`, and not in clear",
                    "declare it in the source's YAML (`pii: {column: drop}`) and land it with"
                    " --mode full, or accept it in dbt_project.yml (docs/audit.md)",
                )
            )
    return found


def _declared(opened: Connection, declared: Declaration) -> list[Answer]:
    """A dropped column is nowhere; a pseudonymised one holds pseudonyms only."""
    tables = [table for table in declared.tables if table.pii]
    places = [
        (table, to)
        for table in tables
        for to in (destination(table), declared.histories.get((table.source, table.name)))
        if to is not None
    ]
    with opened.cursor() as cursor:
        present = present_columns(cursor, {to.schema for _, to in places})
    found = []
    for table, to in places:
        columns = present.get(to, [])
        for name in sorted(set(personal_names(table, DROP)) & set(columns)):
            found.append(_in_clear(to, name, "is there, and is declared as dropped", "no column"))
        wanted = [name for name in personal_names(table, PSEUDONYMISE) if name in columns]
        for name, count, of in _not_pseudonyms(opened, to, wanted):
            said = f"is in clear ({_share(count, of)} of a sample)"
            found.append(_in_clear(to, name, said, "pseudonyms only"))
    return found


def personal_names(table: Table, how: str) -> list[str]:
    """The raw columns of a table that are declared as dropped, or as pseudonymised."""
    names = []
    extents = table.origin.extents if isinstance(table.origin, DatabaseOrigin) else {}
    for source_name, said in table.pii.items():
        if said == how:
            name = snake_case(source_name)
            names += [name, *numbered(name, extents.get(source_name, 0))]
    return names


def _in_clear(to: Destination, column: str, said: str, expected: str) -> Answer:
    place = f"{to.schema}.{to.table}"
    mend = f"land it again with --mode full; then update {place} set {column} = null;"
    return Answer("personal columns", "FAIL", f"{place}.{column} {said}", expected, mend)


def _not_pseudonyms(
    opened: Connection, to: Destination, columns: Sequence[str]
) -> Iterator[tuple[str, int, int]]:
    """(column, values in clear, values) of the columns that hold any in clear."""
    if not columns:
        return
    estimate = _estimate(opened, to)
    for name, (of, count) in _sampled(opened, to, columns, [_like("!~", PSEUDONYM)], estimate):
        if count:
            yield name, count, of


def look(opened: Connection, schemas: Sequence[str]) -> Iterator[Seen | Answer]:
    """The text columns of some schemas in a sample of which something looks personal.

    A table that cannot be looked at is an answer of its own: the others are.
    """
    for row in rows(opened, _TEXTS, {"schemas": list(schemas)}):
        try:
            yield from _looked_at(opened, row)
        except (psycopg2.errors.UndefinedTable, psycopg2.errors.UndefinedColumn):
            continue  # a build has replaced it meanwhile
        except HIDDEN as error:
            said = f"{row['schema']}.{row['name']}: {why_hidden(error)}"
            yield Answer(
                "personal columns", "NOT VISIBLE", said, "looked at", "run the audit again"
            )


def _looked_at(opened: Connection, row: Mapping[str, Any]) -> list[Seen]:
    found = []
    patterns = [_like("~", pattern) for pattern in (*LOOKS.values(), BARE_NUMBER)]
    to = Destination(row["schema"], row["name"])
    estimate = row["estimate"] if row["is_table"] else 0
    for name, (of, *hits) in _sampled(opened, to, row["columns"], patterns, estimate):
        looks = {what: count for what, count in zip(LOOKS, hits, strict=False) if count}
        if of and hits[-1] >= MOSTLY * of:
            looks["telephone numbers"] = max(hits[-1], looks.get("telephone numbers", 0))
        if looks:
            found.append(Seen(row["schema"], row["name"], name, of, looks))
    return found


def _filled(column: sql.Identifier) -> sql.Composable:
    return sql.SQL("count(nullif(cast({} as text), ''))").format(column)


def _like(how: str, pattern: str) -> Aggregate:
    """Counts the values of a column that match a pattern (`~`) or do not (`!~`)."""
    return lambda column: sql.SQL("count(*) filter (where cast({} as text) {} {})").format(
        column, sql.SQL(how), sql.Literal(pattern)
    )


def _sampled(
    opened: Connection,
    to: Destination,
    columns: Sequence[str],
    counts: Sequence[Aggregate],
    estimate: int,
) -> Iterator[tuple[str, list[int]]]:
    """Of each column how many values a sample has, then each of `counts`.

    `estimate`: rows of the table as the planner has it, 0 where it has none or cannot sample.
    """
    percent = 100.0 * SAMPLE * 2 / estimate if estimate else 100.0
    sampled: sql.Composable = sql.SQL("")
    if percent < 100:
        sampled = sql.SQL(" tablesample system ({}) repeatable (1)").format(
            sql.Literal(max(percent, 0.01))
        )
    wanted = [_filled, *counts]
    for first in range(0, len(columns), COLUMNS_AT_ONCE):
        chosen = [sql.Identifier(name) for name in columns[first : first + COLUMNS_AT_ONCE]]
        query = sql.SQL("select {} from (select {} from {}{} limit {}) as sample").format(
            sql.SQL(", ").join(count(name) for name in chosen for count in wanted),
            sql.SQL(", ").join(chosen),
            qualified(to),
            sampled,
            sql.Literal(SAMPLE),
        )
        with opened.cursor() as cursor:
            cursor.execute(query)
            numbers = list(cursor.fetchone() or ())
        for at, name in enumerate(columns[first : first + COLUMNS_AT_ONCE]):
            yield name, numbers[at * len(wanted) : (at + 1) * len(wanted)]


def _estimate(opened: Connection, to: Destination) -> int:
    (row,) = rows(
        opened,
        "select greatest(reltuples, 0)::bigint as estimate from pg_class"
        " where oid = %(to)s::regclass",
        {"to": f'"{to.schema}"."{to.table}"'},
    )
    return int(row["estimate"])


def _share(count: int, of: int) -> str:
    share = 100 * count / of if of else 0.0
    return "under 1 %" if 0 < share < 1 else f"{share:.0f} %"
