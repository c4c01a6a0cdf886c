"""Personal values that can be told from all others, and where they could have got to in clear.

Each declared personal value of a source is replaced by one that bears a mark, so that a search for
the mark is a search for every one of them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import psycopg2
import pyarrow.parquet as pq
from psycopg2 import sql

from ingest.catalog import DatabaseOrigin, Table
from ingest.names import snake_case
from tests.support.house import House

MARK = "qzk7"
# A number of ten digits for columns of whole numbers.
FIRST_NUMBER, NUMBERS = 1_977_000_000, 1_000_000
IN_CLEAR = re.compile(rb"qzk7|(?<![0-9A-Za-z])1977[0-9]{6}(?![0-9A-Za-z])")
_IN_SQL = rf"{MARK}|\m1977[0-9]{{6}}\M"
_TEXTS = ("text", "character varying", "character")
_SEARCHED = r"^(raw_|dwh_)|^(ods|etl)$"


def mark(url: str, tables: Iterable[Table]) -> set[str]:
    """Mark every declared personal value of some tables of a source; returns what they are now.

    Fails on a personal column that no table has: it would seem to be protected.
    """
    marked: set[str] = set()
    missing: set[str] = set()
    present: set[str] = set()
    opened = psycopg2.connect(url)
    opened.autocommit = True
    with opened.cursor() as cursor:
        for table in tables:
            assert isinstance(table.origin, DatabaseOrigin)
            schema, _, name = table.origin.relation.rpartition(".")
            cursor.execute(
                "select column_name, data_type, character_maximum_length"
                " from information_schema.columns where table_name = %s and table_schema = %s",
                (name, schema or "public"),
            )
            relation = sql.Identifier(schema or "public", name)
            found = {column: (kind, width) for column, kind, width in cursor.fetchall()}
            for declared in table.pii:
                column = next((c for c in found if declared in (c, snake_case(c))), None)
                if column is None:
                    missing.add(declared)  # some rules are written once for many tables
                    continue
                present.add(declared)
                value = _marked(sql.Identifier(column), *found[column])
                cursor.execute(sql.SQL("update {} set {} = {} where {} is not null").format(
                    relation, sql.Identifier(column), value, sql.Identifier(column)))  # fmt: skip
                cursor.execute(sql.SQL("select distinct cast({} as text) from {}").format(
                    sql.Identifier(column), relation))  # fmt: skip
                marked |= {text for (text,) in cursor.fetchall() if text is not None}
    opened.close()
    assert not missing - present
    assert all(IN_CLEAR.search(value.encode()) for value in marked)
    return marked


def _marked(column: sql.Identifier, kind: str, width: int | None) -> sql.Composable:
    if kind in _TEXTS:
        return sql.SQL("{} || left(md5({}), {})").format(
            sql.Literal(MARK), column, sql.Literal((width or 24) - len(MARK))
        )
    if kind in ("integer", "bigint"):
        return sql.SQL("{} + abs(hashint8({})::bigint) % {}").format(
            sql.Literal(FIRST_NUMBER), column, sql.Literal(NUMBERS)
        )
    assert kind in ("json", "jsonb"), f"no mark for a column of type {kind}"
    return sql.SQL("cast(to_jsonb({} || md5(cast({} as text))) as {})").format(
        sql.Literal(MARK), column, sql.SQL(kind)
    )


def tables_that_tell(house: House) -> list[str]:
    """The tables of the warehouse in which a marked value stands, and how many rows they are."""
    found = []
    for schema, name in house.rows(
        "select schemaname, tablename from pg_tables where schemaname ~ %s order by 1, 2",
        [_SEARCHED],
    ):
        relation = sql.Identifier(schema, name)
        with house.cursor() as cursor:
            cursor.execute(
                sql.SQL("select count(*) from {} as one where one::text ~ %s").format(relation),
                [_IN_SQL],
            )
            count = cursor.fetchone()[0]
        if count:
            found.append(f"{schema}.{name}: {count} rows")
    return found


def files_that_tell(*folders: Path, but: Sequence[Path] = ()) -> list[str]:
    """The files of some folders in which a marked value stands."""
    return [
        str(path)
        for folder in folders
        for path in sorted(folder.rglob("*"))
        if path.is_file() and not any(path.is_relative_to(left_out) for left_out in but)
        if _tells(path)
    ]


def _tells(path: Path) -> bool:
    if path.suffix == ".parquet":
        # Compressed: what a part holds is told by its values.
        return any(IN_CLEAR.search(str(v).encode()) for v in _values(path))
    return IN_CLEAR.search(path.read_bytes()) is not None


def _values(path: Path) -> Iterator[object]:
    for column in pq.read_table(path).columns:
        yield from column.unique().to_pylist()


def data_files_that_tell(house: House, data: Path) -> list[str]:
    """The same for the files in which the server keeps the house's database."""
    house.call_sql("checkpoint")
    oid = house.value("select oid from pg_database where datname = current_database()")
    return files_that_tell(data / "base" / str(oid))
