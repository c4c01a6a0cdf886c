"""Columns as SQL: what a row holds is worked out by the server from its number, never in Python.

A number is drawn as the hash of the row's number `k`, the column's purpose and the seed, so that
the same seed gives the same rows, and one more column moves no other. The spelling habits of the
real ERP are here too: trailing spaces, empty markers, spellings of yes and no, packed arrays.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

YES = ("OUI", "oui", "Y", "YES", "TRUE", "1", "Oui", "true")
NO = ("NON", "NON", "non", "N", "NO", "FALSE", "0", "Non")
# How the ERP writes that there is nothing.
EMPTY = ("?", ".", "---", "")


@dataclass(frozen=True)
class Column:
    """One column of a table.

    Args:
        name: as the source spells it.
        type: as PostgreSQL writes it.
        label: what the ERP shows beside the field.
        value: the SQL of one row's value; nothing if it is null in every row.
        constant: whether `value` is the same in every row: then it is the column's default.
        needed: whether it is declared as not null.
    """

    name: str
    type: str
    label: str
    value: str | None = None
    constant: bool = False
    needed: bool = False


@dataclass(frozen=True)
class Table:
    """A table of the source.

    Args:
        columns: in the order of the table.
        steps: SQL that adds to the rows `numbered (k)` what the columns refer to.
        indexes: the columns of each index, and whether it is unique.
    """

    name: str
    columns: tuple[Column, ...]
    steps: str = ""
    indexes: tuple[tuple[str, bool], ...] = ()


def text(value: str) -> str:
    """A text as SQL."""
    return "'" + value.replace("'", "''") + "'"


def array(values: Sequence[str]) -> str:
    """A constant array of texts."""
    return "(array[" + ", ".join(map(text, values)) + "]::text[])"


class Draw:
    """Numbers of one table that look random; `key` is the SQL that stands for the row."""

    def __init__(self, seed: int, table: str, key: str = "k"):
        self.table = table
        self._seed, self._key = seed, key

    def by(self, key: str) -> Draw:
        """The same numbers for rows that something else stands for."""
        return Draw(self._seed, self.table, key)

    def salt(self, purpose: str) -> int:
        """The number that keeps purposes, tables and seeds apart."""
        named = f"{self._seed}/{self.table}/{purpose}".encode()
        return int.from_bytes(hashlib.sha256(named).digest()[:7])

    def __call__(self, purpose: str, below: int) -> str:
        """A whole number from 0 to below one less."""
        hashed = f"hashint8extended({self._key}, {self.salt(purpose)})"
        return f"(({hashed} & 2147483647) % {max(1, below)})::integer"

    def often(self, purpose: str, permille: int) -> str:
        """True in so many rows of a thousand."""
        return f"({self('whether ' + purpose, 1000)} < {permille})"

    def pick(self, purpose: str, values: Sequence[str]) -> str:
        """One of some texts."""
        return f"{array(values)}[1 + {self(purpose, len(values))}]"

    def weighed(self, purpose: str, weights: Mapping[int, int]) -> str:
        """One of some whole numbers; each so many times of the sum of the weights."""
        left, cases = 0, []
        for value, weight in weights.items():
            left += weight
            cases.append(f"when drawn < {left} then {value}")
        return (
            f"(select case {' '.join(cases)} end from (select {self(purpose, left)} as drawn) as d)"
        )

    def sometimes(self, purpose: str, permille: int, value: str, otherwise: str = "null") -> str:
        """A value in so many rows of a thousand."""
        return f"case when {self.often(purpose, permille)} then {value} else {otherwise} end"

    def padded(self, purpose: str, value: str, width: int) -> str:
        """A text that has trailing spaces in every fifth row."""
        return self.sometimes(f"padded {purpose}", 200, f"rpad({value}, {width})", value)

    def marked(self, purpose: str, permille: int, value: str) -> str:
        """A text that is an empty marker in so many rows of a thousand."""
        marker = self.pick(f"marker {purpose}", EMPTY)
        return self.sometimes(f"marked {purpose}", permille, marker, value)

    def spelled(self, purpose: str, permille: int) -> str:
        """Yes in so many rows of a thousand, else no, in any spelling; rarely an empty marker."""
        yes, no = self.pick(f"yes {purpose}", YES), self.pick(f"no {purpose}", NO)
        return self.marked(purpose, 8, self.sometimes(purpose, permille, yes, no))

    def masked(self, purpose: str, number: str) -> str:
        """A number of up to six digits as a display mask shows it: commas, spaces, point."""
        plain = f"to_char({number}, 'FM999990.00')"
        comma = f"replace({plain}, '.', ',')"
        return (
            f"case {self('mask ' + purpose, 4)} when 0 then lpad({comma}, 12) "
            f"when 1 then {plain} when 2 then {comma} "
            f"else replace(to_char({number}, 'FM999,990.00'), ',', ' ') end"
        )

    def hour(self, purpose: str, first: int, last: int) -> str:
        """A time of day as text, between two hours."""
        seconds = f"{self(purpose, (last - first) * 3600)} * interval '1 second'"
        return f"to_char(time '{first:02d}:00' + {seconds}, 'HH24:MI:SS')"


def day_text(value: str) -> str:
    """A date as the ERP shows it."""
    return f"to_char({value}, 'DD/MM/YYYY')"


def packed(*elements: str) -> str:
    """An array in one text; the elements are SQL of texts that hold neither `;` nor `~`."""
    return " || ';' || ".join(f"({element})" for element in elements)


def escaped(element: str) -> str:
    """An element of an array with its own `;` and `~` written as the export writes them."""
    return f"replace(replace({element}, '~', '~~'), ';', '~;')"
