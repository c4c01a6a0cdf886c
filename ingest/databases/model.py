"""What a reader of databases tells and gives, whatever the engine."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Protocol

import pyarrow as pa

Mark = datetime | date | int | Decimal | str


class SourceUnreachable(Exception):
    """The database does not answer or refuses us; one line that says what to do."""


class TableUnreadable(Exception):
    """One table cannot be read as it is declared; one line: what, where, what to do."""


class ReadAgain(Exception):
    """The rows so far are not to be used: the reader has learnt how to read the table whole."""


@dataclass(frozen=True, slots=True)
class SourceColumn:
    """A column as the source has it.

    `source_type` is worded by the source's own catalogue, `raw_type` is what the warehouse would
    call it, `transport` how its values travel (text where Arrow has no such type), `label` what the
    source says that it holds. `as_text`: it is declared as text here, which it is not there.
    """

    source_name: str
    source_type: str
    raw_type: str
    transport: pa.DataType
    label: str | None = None
    as_text: bool = False


@dataclass(frozen=True, slots=True)
class Described:
    """A source table: its columns in their order, and the key that the source itself declares.

    `made`: when the table was made, where the source tells that of each; one that was made anew
    cannot be read from where the one before was left.
    """

    columns: tuple[SourceColumn, ...]
    primary_key: tuple[str, ...]
    made: str = ""


@dataclass(frozen=True, slots=True)
class Extract:
    """What to read of a table: `since` bounds the cursor column from below, itself included."""

    relation: str
    columns: Sequence[SourceColumn]
    filter: str | None = None
    cursor: str | None = None
    since: Mark | None = None


class Database(Protocol):
    """A reader of one source database; used by several threads at once.

    `place`: which database it is, without secrets; another one cannot be read from where the one
    before was left.
    """

    place: str

    def now(self) -> datetime:
        """The source's own clock, in UTC."""

    def describe(self, relation: str) -> Described:
        """What a table is made of.

        Raises:
            TableUnreadable: there is no such table, or we may not read it.
        """

    def read(self, extract: Extract) -> Iterator[pa.RecordBatch]:
        """Stream the rows; columns named and ordered as asked, with their transport types, or as
        text in a batch in which one of the values has no place in that type.

        Raises:
            TableUnreadable: the source refuses, or holds a value that cannot be told.
            ReadAgain: what came so far is not to be used; the next read gives it whole.
        """

    def check(self) -> None:
        """Knock at the source once more.

        Raises:
            SourceUnreachable: it no longer answers.
        """

    def close(self) -> None:
        """Let go of every connection."""
