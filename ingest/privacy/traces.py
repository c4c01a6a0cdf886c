"""What is left of a person: rows that hold their key, and texts in which something of them stands.

A key is looked for in columns: those that are declared, and in what dbt builds those that are named
after the kind of person (`code_client`, `id_client`). What can be told from any other text
(pseudonyms, a key that is a word, personal values that no other row has) is looked for in whole
rows and files.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from psycopg2 import sql
from psycopg2.extensions import cursor as Cursor

from ingest.catalog import Table
from ingest.names import snake_case
from ingest.parts import Destination
from ingest.privacy.erase import rejects_of
from ingest.privacy.subjects import Person, Place, any_is_theirs
from ingest.raw_tables import present_types, qualified

SHORTEST = 5  # a shorter text stands in too many others
ERASED = "[erased]"
# Control tables and those of their columns that hold words.
CONTROL = {
    "rejects": ("raw_text", "reason", "path"),
    "run_log": ("error",),
    "alerts": ("message",),
    "validation": ("expected", "found", "detail"),
    "file_ledger": ("path", "reason"),
    "profiles": ("smallest", "greatest"),
    "test_failures": (),
}


@dataclass(frozen=True, slots=True)
class Search:
    """Whom to look for: `texts` are what tells them from anybody else in running text."""

    person: Person
    texts: tuple[str, ...]


def telling_texts(cursor: Cursor, person: Person, found: Sequence[Place]) -> tuple[str, ...]:
    """What of a person can be looked for in running text: nothing that another's row has too."""
    texts = {person.key} | {
        value for place in found for value in _personal_values(cursor, place, person)
    }
    candidates = sorted(text for text in texts if _tells(text))
    shared = {text for place in found for text in _shared(cursor, place, person, candidates)}
    return (*person.hashes, *(text for text in candidates if text not in shared))


def _tells(text: str) -> bool:
    return len(text) >= SHORTEST and any(letter.isalpha() for letter in text)


def _personal_values(cursor: Cursor, place: Place, person: Person) -> Iterator[str]:
    for name in place.personal:
        cursor.execute(
            sql.SQL(
                "select distinct trim(cast({} as text)) from {} where {} and {} is not null"
            ).format(
                sql.Identifier(name),
                qualified(place.to),
                any_is_theirs(place.own, place.types, person),
                sql.Identifier(name),
            )
        )
        yield from (value for (value,) in cursor.fetchall())


def _shared(cursor: Cursor, place: Place, person: Person, texts: Sequence[str]) -> Iterator[str]:
    """Those of some texts that stand in a row of somebody else."""
    for text in texts:
        cursor.execute(
            sql.SQL("select exists (select 1 from {} as one where not {} and {})").format(
                qualified(place.to),
                any_is_theirs(place.own, place.types, person),
                _row_has([text]),
            )
        )
        if _one(cursor):
            yield text


def in_places(cursor: Cursor, search: Search, found: Iterable[Place]) -> dict[Destination, int]:
    """Rows of raw tables and histories that hold the person."""
    counts: dict[Destination, int] = {}
    for place in found:
        theirs = any_is_theirs(place.own, place.types, search.person)
        counts[place.to] = _count(cursor, place.to, theirs, search.texts)
    return counts


def in_built(
    cursor: Cursor, search: Search, relations: Sequence[Destination]
) -> dict[Destination, int]:
    """Rows of what dbt built that hold the person; a relation that is not there yet holds none."""
    present = present_types(cursor, {to.schema for to in relations})
    kind = search.person.kind
    counts = {}
    for to in relations:
        types = present.get(to, {})
        own = [name for name in (f"code_{kind}", f"id_{kind}") if name in types]
        theirs = any_is_theirs(own, types, search.person)
        counts[to] = _count(cursor, to, theirs, search.texts) if types else 0
    return counts


def in_control(cursor: Cursor, search: Search, found: Iterable[Place]) -> dict[Destination, int]:
    """Rows of the control tables in which something of the person stands, or that are theirs."""
    tables = {place.table.key: place.table for place in found}
    rejects = [rejects_of(table, search.person) for table in tables.values()]
    theirs = {
        "rejects": sql.SQL("({})").format(sql.SQL(" or ").join([sql.SQL("false"), *rejects])),
        "validation": _named_by_key(search.person),
        "test_failures": _failures_of(search.person, tables.values()),
    }
    return {
        to: _count(cursor, to, theirs.get(to.table, sql.SQL("false")), search.texts)
        for to in (Destination("etl", table) for table in CONTROL)
    }


def _named_by_key(person: Person) -> sql.Composable:
    """Whether an answer of `entrepot validate` names one of their rows: `cod_cli=1042, ...`."""
    pattern = f"={re.escape(person.key)}($|[,:])"
    return sql.SQL("(source = {} and detail ~ {})").format(
        sql.Literal(person.source), sql.Literal(pattern)
    )


def _failures_of(person: Person, tables: Iterable[Table]) -> sql.Composable:
    """Which keys of failed tests are those of a person's rows."""
    declared = {
        snake_case(name)
        for table in tables
        for subject in table.subjects
        if subject.kind == person.kind
        for name in subject.columns
    }
    # A test of keys says the name of the key apart from its value.
    columns = [*sorted(declared), f"code_{person.kind}", f"id_{person.kind}", "valeur"]
    return sql.SQL(
        "exists (select 1 from jsonb_each_text(key) as field (name, value)"
        " where field.name = any({}) and field.value = any({}))"
    ).format(sql.Literal(columns), sql.Literal([person.key, *person.hashes]))


def clean_control(cursor: Cursor, search: Search, found: Iterable[Place]) -> None:
    """Take the person out of the words of the control tables, and the keys of failed tests away."""
    cursor.execute(
        sql.SQL("delete from etl.test_failures as one where {} or {}").format(
            _failures_of(search.person, {place.table.key: place.table for place in found}.values()),
            _row_has(search.texts),
        )
    )
    cursor.execute(
        sql.SQL("update etl.validation set detail = {} where {}").format(
            sql.Literal(ERASED), _named_by_key(search.person)
        )
    )
    for table, columns in CONTROL.items():
        for column in columns:
            for text in search.texts:
                name = sql.Identifier(column)
                cursor.execute(
                    sql.SQL(
                        "update {} set {} = replace({}, %(text)s, %(erased)s)"
                        " where position(%(text)s in {}) > 0"
                    ).format(sql.Identifier("etl", table), name, name, name),
                    {"text": text, "erased": ERASED},
                )


def files_with(search: Search, folders: Iterable[Path]) -> list[Path]:
    """The files of some folders in which something of the person stands."""
    sought = [text.encode() for text in search.texts]
    return [
        path
        for folder in folders
        for path in sorted(folder.rglob("*"))
        if path.is_file() and not path.is_symlink()
        if _has_any(path, sought)
    ]


def _has_any(path: Path, sought: Sequence[bytes]) -> bool:
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        return False  # a run that ended just now took it along
    return any(text in content for text in sought)


def clean_file(path: Path, search: Search) -> None:
    """Take the person out of a log; its other lines stay as they are."""
    content = path.read_bytes()
    for text in search.texts:
        content = content.replace(text.encode(), ERASED.encode())
    beside = path.with_name(f"{path.name}.erasing")
    handle = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, path.stat().st_mode & 0o777)
    with os.fdopen(handle, "wb") as stream:
        stream.write(content)
    beside.replace(path)


def _count(cursor: Cursor, to: Destination, theirs: sql.Composable, texts: Sequence[str]) -> int:
    cursor.execute(
        sql.SQL("select count(*) from {} as one where {} or {}").format(
            qualified(to), theirs, _row_has(texts)
        )
    )
    return int(_one(cursor))


def _row_has(texts: Sequence[str]) -> sql.Composable:
    """Whether one of some texts stands in a row, as PostgreSQL writes a row."""
    if not texts:
        return sql.SQL("false")
    patterns = [f"%{_escaped(text)}%" for text in texts]
    return sql.SQL("cast(one.* as text) like any({})").format(sql.Literal(patterns))


def _escaped(text: str) -> str:
    written = text.replace("\\", "\\\\").replace('"', '""')
    return written.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


def _one(cursor: Cursor) -> int:
    row = cursor.fetchone()
    return int(row[0]) if row else 0
