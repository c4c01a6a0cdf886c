"""Source tables as an ERP has them: wide, half empty, of many types, under names of its own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import psycopg2
from psycopg2 import sql

from ingest.catalog import DatabaseOrigin, Table, load_catalog
from ingest.names import snake_case

SCHEMA = "PUB"


@dataclass(frozen=True)
class Shape:
    """How many rows and columns a table has."""

    rows: int
    columns: int


# The tables of the measurement: two of one row, a wide one in two sizes, a wider one, small ones.
SMALL = tuple(f"petite_{number}" for number in range(1, 7))
TABLES = {
    "premiere": Shape(1, 10),
    "un": Shape(1, 10),
    "large_300": Shape(40_000, 300),
    "large_400": Shape(15_000, 400),
    "enorme_300": Shape(400_000, 300),
    **dict.fromkeys(SMALL, Shape(99, 50)),
}
# Columns and rows of the tables of the ERP, where they were counted; any other has `OTHER`.
COUNTED = {
    "client": Shape(15_417, 316),
    "fournis": Shape(8_431, 216),
    "produit": Shape(99_388, 613),
    "hisprixa": Shape(116_026, 48),
    "lignecli": Shape(48_334, 419),
    "entetcli": Shape(15_304, 463),
    "lignefou": Shape(19_885, 348),
    "entetfou": Shape(6_569, 270),
    "histolig": Shape(1_902_832, 442),
    "histoent": Shape(1_102_634, 450),
    "stock": Shape(279_472, 45),
    "deppro": Shape(2_806_244, 101),
    "prprixv": Shape(5_020_466, 121),
    "clcondi": Shape(430_003, 161),
    "focondi": Shape(103_999, 122),
    "crn": Shape(836, 56),
    "crnar": Shape(382_535, 56),
    "prnomenc": Shape(18_964, 40),
    "prmultfo": Shape(15_308, 40),
    "soumission": Shape(183_433, 40),
    "lldespro": Shape(551_623, 40),
    "tabgco": Shape(6_117, 12),
    "typelem": Shape(43, 12),
}
OTHER = Shape(5_000, 60)
# A run with nothing new reads the last days of a table with a cursor, however many rows it has; one
# that is read whole each time costs what its rows cost.
MOST_ROWS = 10_000
# Kinds of columns in the proportions of the widest tables: flags, numbers, texts, amounts, days.
_KINDS = "bbbbbbiiiiitttttttnd"
_WIDTHS = (10, 20, 30, 40, 60)
_TYPES = {"b": "boolean", "i": "integer", "n": "numeric(14,4)", "d": "date"}
_NAMES = {"b": "Drap-{}", "i": "Num_{}", "t": "txt-{}", "n": "mt_{}", "d": "dat_{}"}
_CONSTANT = {"b": "false", "i": "0", "t": "''", "n": "0", "d": "date '2020-01-01'"}
_VARYING = {
    "b": "i % 3 = 0",
    "i": "i % 9973",
    "t": "'val ' || i % 5000",
    "n": "i % 7919 * 1.25",
    "d": "date '2020-01-01' + i % 1800",
}
# Days of the last two years, the last of them a month ago: a change of today is the newest.
_MODIFIED = "current_date - 30 - i % 700"


@dataclass(frozen=True)
class _Column:
    name: str
    data_type: str
    value: str


def fill(url: str) -> None:
    """Make the tables of the measurement in an empty database."""
    for name, shape in TABLES.items():
        fixed = [
            _Column("cod_cli", "integer", "i"),
            _Column("nom", "varchar(60)", "'client ' || i"),
            _Column("dat_mod", "date", _MODIFIED),
        ]
        _make(url, name, [*fixed, *padding(shape.columns - len(fixed))], shape.rows)


def change(url: str, name: str) -> str:
    """Change one row in a hundred, as of the day after the last change; returns their new name."""
    opened = psycopg2.connect(url)
    with opened, opened.cursor() as cursor:
        table = sql.Identifier(SCHEMA, name)
        cursor.execute(
            sql.SQL(
                "update {} set nom = 'changé ' || last.day, dat_mod = last.day"
                " from (select max(dat_mod) + 1 as day from {}) as last"
                " where cod_cli % 100 = 0 returning nom"
            ).format(table, table)
        )
        named = cursor.fetchall()
    opened.close()
    return str(named[0][0])


def fill_declared(url: str) -> int:
    """Make each table of the ERP that this project declares; returns how many there are."""
    tables = [table for table in load_catalog().tables if table.source == "erp"]
    for table in tables:
        counted = COUNTED.get(table.name, OTHER)
        assert isinstance(table.origin, DatabaseOrigin)
        columns = _declared_columns(table, table.origin)
        columns += padding(counted.columns - len(columns))
        relation = table.origin.relation.rpartition(".")[2]
        _make(url, relation, columns, min(counted.rows, MOST_ROWS))
    return len(tables)


def _declared_columns(table: Table, origin: DatabaseOrigin) -> list[_Column]:
    """Key, cursor, personal columns and what is declared; the key alone is never null."""
    split = {
        f"{snake_case(packed)}_{number}"
        for packed, count in origin.extents.items()
        for number in range(1, count + 1)
    }
    types = {
        column.name: column.data_type or "text"
        for column in table.columns
        if not column.name.startswith("_") and column.name not in split
    }
    found = [_Column(packed, "text", "'un;deux'") for packed in origin.extents]
    if not origin.primary_key:
        found.append(_Column("cle", "integer primary key", "i"))
    for number, name in enumerate(dict.fromkeys([*origin.primary_key, *types, *table.pii])):
        data_type = types.get(name, "text")
        kind = _kind(data_type)
        value = _CONSTANT[kind] if number % 2 else _VARYING[kind]
        if name in origin.primary_key:
            value = {"t": "'k' || i", "d": "date '2000-01-01' + i"}.get(kind, "i")
        elif name == origin.cursor:
            value = _MODIFIED
        found.append(_Column(name, data_type, f"cast({value} as {data_type})"))
    if origin.cursor and origin.cursor not in {column.name for column in found}:
        found.append(_Column(origin.cursor, "date", _MODIFIED))
    return found


def _kind(data_type: str) -> str:
    """The kind of values that a type takes."""
    word = data_type.lower()
    if word.startswith("bool"):
        return "b"
    if word.startswith(("date", "timestamp")):
        return "d"
    if word.startswith(("int", "bigint", "smallint")):
        return "i"
    return "n" if word.startswith(("numeric", "double", "real")) else "t"


def padding(count: int) -> list[_Column]:
    """So many columns of all kinds: a sixth empty, half constant, a third with content."""
    made = []
    for number in range(count):
        kind = _KINDS[number * 7 % len(_KINDS)]
        data_type = _TYPES.get(kind, f"varchar({_WIDTHS[number % len(_WIDTHS)]})")
        values = ("null", *[_CONSTANT[kind]] * 3, *[_VARYING[kind]] * 2)
        made.append(_Column(_NAMES[kind].format(number), data_type, values[number % 6]))
    return made


def _make(url: str, name: str, columns: Sequence[_Column], rows: int) -> None:
    """Create a table and fill it."""
    opened = psycopg2.connect(url)
    with opened, opened.cursor() as cursor:
        cursor.execute(sql.SQL("create schema if not exists {}").format(sql.Identifier(SCHEMA)))
        table = sql.Identifier(SCHEMA, name)
        types = [
            sql.SQL("{} {}").format(sql.Identifier(column.name), sql.SQL(column.data_type))
            for column in columns
        ]
        values = [sql.SQL(column.value) for column in columns]
        cursor.execute(
            sql.SQL("create unlogged table {} ({})").format(table, sql.SQL(", ").join(types))
        )
        cursor.execute(
            sql.SQL("insert into {} select {} from generate_series(1, {}) as i").format(
                table, sql.SQL(", ").join(values), sql.Literal(rows)
            )
        )
        cursor.execute(sql.SQL("analyze {}").format(table))
    opened.close()
