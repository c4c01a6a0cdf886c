"""Two relations of one session, compared in one full join by their key.

Rows that differ are kept, as pairs, in a temporary table; everything that is told is read from it.
Nulls equal nulls, and numbers are compared by value. A key that stands more than once on a side
pairs with nothing: its rows are set aside and compared as wholes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from psycopg2 import sql
from psycopg2.extensions import cursor as Cursor

from orchestration.comparing.columns import Shared
from orchestration.relations import PERSONAL, is_pseudonym

# PostgreSQL returns 1,664 columns at most.
_COLUMNS_AT_ONCE = 400
# Of the hash tables, before they go to disk; the session's alone.
WORK_MEM = "128MB"
_HERE = sql.Identifier("is there")
# Rows of a side as wholes: no column has such a name.
_PAIR = (sql.Identifier("row of a"), sql.Identifier("row of b"))
_FOUND, _DOUBLED = sql.Identifier("entrepot_found"), sql.Identifier("entrepot_doubled")


@dataclass(frozen=True, slots=True)
class Side:
    """A relation to compare: how it is called, how many rows it has, whether its key is unique by
    an index.
    """

    name: str
    relation: sql.Composable
    is_unique: bool


@dataclass(frozen=True, slots=True)
class Example:
    """One row that differs: its key, and for a changed column both values."""

    key: tuple[Any, ...]
    column: str = ""
    value_a: Any = None
    value_b: Any = None


@dataclass(frozen=True, slots=True)
class Changed:
    """A column that differs: in how many rows; for a number the sum of B - A over these rows.

    overall: the same sum over all rows, those of one side alone included; null counts as 0.
    """

    column: Shared
    rows: int
    difference: Any = None
    overall: Any = None


@dataclass(slots=True)
class Doubled:
    """Keys that stand more than once on a side: how many, with examples; of their rows those that
    only one side has, as wholes.
    """

    keys_a: int = 0
    keys_b: int = 0
    rows_a: int = 0
    rows_b: int = 0
    only_a: int = 0
    only_b: int = 0
    examples: list[Example] = field(default_factory=list)


@dataclass(slots=True)
class Found:
    """What the comparison came to."""

    rows_a: int
    rows_b: int
    equal: int = 0
    only_a: int = 0
    only_b: int = 0
    changed: int = 0
    columns: list[Changed] = field(default_factory=list)
    examples_a: list[Example] = field(default_factory=list)
    examples_b: list[Example] = field(default_factory=list)
    examples: list[Example] = field(default_factory=list)
    doubled: Doubled = field(default_factory=Doubled)

    @property
    def differs(self) -> bool:
        doubled = self.doubled
        return any((self.only_a, self.only_b, self.changed, doubled.only_a, doubled.only_b))


class Comparison:
    """One comparison, in the transaction of a cursor that may make temporary tables.

    key: columns of both sides; columns: all that are compared, the key included. hidden: names of
    columns whose values are not shown.
    """

    def __init__(
        self,
        cursor: Cursor,
        side_a: Side,
        side_b: Side,
        key: Sequence[str],
        columns: Sequence[Shared],
        *,
        hidden: frozenset[str] = frozenset(),
        examples: int = 5,
    ):
        self._cursor = cursor
        self._sides = (side_a, side_b)
        self._key = [column for name in key for column in columns if column.name == name]
        self._others = [column for column in columns if column.name not in key]
        self._hidden = hidden
        self._examples = examples
        self._nullable: set[str] = set()

    def go(self) -> Found:
        """Compare, and say what differs."""
        self._run(sql.SQL("set local work_mem = {}").format(sql.Literal(WORK_MEM)))
        for letter, side in zip("ab", self._sides, strict=True):
            self._see(letter, side)
        found = Found(self._count("a"), self._count("b"))
        found.doubled = self._set_doubled_aside()
        self._join()
        found.only_a, found.only_b, found.changed = self._row(
            "select count(*) filter (where (b).{0} is null),"
            " count(*) filter (where (a).{0} is null),"
            " count(*) filter (where (a).{0} and (b).{0}) from {1}",
            *(_HERE, _FOUND),
        )
        found.equal = found.rows_a - found.doubled.rows_a - found.only_a - found.changed
        found.columns = self._changed_columns() if found.differs else []
        if self._examples:
            found.examples_a = self._rows_of("a", "b") if found.only_a else []
            found.examples_b = self._rows_of("b", "a") if found.only_b else []
            found.examples = [
                one for own in found.columns if own.rows for one in self._values(own.column)
            ]
        return found

    def _count(self, letter: str) -> int:
        """The rows of a side; notes which columns of the key hold a null there."""
        nulls = [
            sql.SQL("bool_or({} is null)").format(sql.Identifier(column.name))
            for column in self._key
        ]
        rows, *holds = self._row(
            "select count(*), {} from {}", sql.SQL(", ").join(nulls), _whole(letter)
        )
        self._nullable |= {c.name for c, null in zip(self._key, holds, strict=True) if null}
        return int(rows)

    def _see(self, letter: str, side: Side) -> None:
        """A view of a side: what is compared, in the types in which it is compared."""
        values = [
            sql.SQL("{} as {}").format(column.value(), sql.Identifier(column.name))
            for column in [*self._key, *self._others]
        ]
        self._run(
            sql.SQL("create temporary view {} as select {}, true as {} from {}").format(
                _whole(letter), sql.SQL(", ").join(values), _HERE, side.relation
            )
        )

    def _set_doubled_aside(self) -> Doubled:
        """Keys that are not unique go into a table, and the views `..._single` leave them out."""
        keys = sql.SQL(", ").join(sql.Identifier(column.name) for column in self._key)
        doubts = [
            (letter, side)
            for letter, side in zip("ab", self._sides, strict=True)
            if not side.is_unique
        ]
        doubled = Doubled()
        if doubts:
            parts = [
                sql.SQL("select {}, {} as side from {} group by {} having count(*) > 1").format(
                    keys, sql.Literal(letter), _whole(letter), keys
                )
                for letter, _ in doubts
            ]
            self._run(
                sql.SQL("create temporary table {} on commit drop as {}").format(
                    _DOUBLED, sql.SQL(" union all ").join(parts)
                )
            )
            doubled.keys_a, doubled.keys_b = self._row(
                "select count(*) filter (where side = 'a'), count(*) filter (where side = 'b')"
                " from {}",
                _DOUBLED,
            )
        any_doubled = bool(doubled.keys_a or doubled.keys_b)
        for letter in "ab":
            condition: sql.Composable = sql.SQL("")
            if any_doubled:
                condition = sql.SQL(" where not {}").format(self._is_doubled())
            self._run(
                sql.SQL("create temporary view {} as select * from {} as one{}").format(
                    _single(letter), _whole(letter), condition
                )
            )
        if any_doubled:
            self._compare_doubled(doubled, keys)
        return doubled

    def _compare_doubled(self, doubled: Doubled, keys: sql.Composable) -> None:
        sides = {
            letter: sql.SQL("select * from {} as one where {}").format(
                _whole(letter), self._is_doubled()
            )
            for letter in "ab"
        }
        count = "select count(*) from ({}) as rows"
        doubled.rows_a, doubled.rows_b = (self._one(count, sides[letter]) for letter in "ab")
        lacking = "select count(*) from ({} except all {}) as rows"
        doubled.only_a = self._one(lacking, sides["a"], sides["b"])
        doubled.only_b = self._one(lacking, sides["b"], sides["a"])
        rows = self._rows(
            "select distinct {0} from {1} order by {0} limit {2}",
            *(keys, _DOUBLED, sql.Literal(self._examples)),
        )
        doubled.examples = [Example(self._shown_key(row)) for row in rows]

    def _is_doubled(self) -> sql.Composed:
        return sql.SQL("exists (select 1 from {} as other where {})").format(
            _DOUBLED, self._same_key(sql.Identifier("one"), sql.Identifier("other"))
        )

    def _join(self) -> None:
        """The one pass: pairs of rows of which one is missing, or that differ in a column."""
        differs = [
            sql.SQL("{0}.{2} is distinct from {1}.{2}").format(*_PAIR, sql.Identifier(column.name))
            for column in self._others
        ]
        missing = [sql.SQL("{}.{} is null").format(row, _HERE) for row in _PAIR]
        self._run(
            sql.SQL(
                "create temporary table {6} on commit drop as"
                " select {0} as a, {1} as b from {2} as {0} full join {3} as {1} on {4} where {5}"
            ).format(
                *_PAIR,
                _single("a"),
                _single("b"),
                self._same_key(*_PAIR),
                sql.SQL(" or ").join([*missing, *differs]),
                _FOUND,
            )
        )

    def _same_key(self, one: sql.Identifier, other: sql.Identifier) -> sql.Composed:
        """Conditions that a hash join can use; a null in a key is one more value, as it is in an
        array.
        """
        forms = [
            "array[{0}.{2}] = array[{1}.{2}]"
            if column.name in self._nullable
            else "{0}.{2} = {1}.{2}"
            for column in self._key
        ]
        return sql.SQL(" and ").join(
            sql.SQL(form).format(one, other, sql.Identifier(column.name))
            for form, column in zip(forms, self._key, strict=True)
        )

    def _changed_columns(self) -> list[Changed]:
        found = []
        for at in range(0, len(self._others), _COLUMNS_AT_ONCE):
            some = self._others[at : at + _COLUMNS_AT_ONCE]
            asked = [
                part
                for column in some
                # The sum of a single row would tell its value.
                for part in _asked(column, summed=column.name not in self._hidden)
            ]
            row = self._row("select {} from {}", sql.SQL(", ").join(asked), _FOUND)
            for number, column in enumerate(some):
                rows, difference, overall = row[3 * number : 3 * number + 3]
                if rows or overall:
                    found.append(Changed(column, rows, difference, overall))
        return sorted(found, key=lambda one: -one.rows)

    def _rows_of(self, letter: str, other: str) -> list[Example]:
        """Examples of rows that one side alone has."""
        keys = self._key_of(letter)
        rows = self._rows(
            "select {} from {} where ({}).{} is null order by {} limit {}",
            *(keys, _FOUND, sql.SQL(other), _HERE, keys, sql.Literal(self._examples)),
        )
        return [Example(self._shown_key(row)) for row in rows]

    def _values(self, column: Shared) -> list[Example]:
        """Examples of a changed column."""
        keys, name = self._key_of("a"), sql.Identifier(column.name)
        rows = self._rows(
            "select {0}, (a).{1}, (b).{1} from {2} where (a).{3} and (b).{3}"
            " and (a).{1} is distinct from (b).{1} order by {0} limit {4}",
            *(keys, name, _FOUND, _HERE, sql.Literal(self._examples)),
        )
        return [
            Example(
                self._shown_key(row[:-2]), column.name, *(self._shown(column, v) for v in row[-2:])
            )
            for row in rows
        ]

    def _key_of(self, letter: str) -> sql.Composed:
        return sql.SQL(", ").join(
            sql.SQL("({}).{}").format(sql.SQL(letter), sql.Identifier(column.name))
            for column in self._key
        )

    def _shown_key(self, row: Sequence[Any]) -> tuple[Any, ...]:
        return tuple(
            self._shown(column, value) for column, value in zip(self._key, row, strict=True)
        )

    def _shown(self, column: Shared, value: Any) -> Any:
        hidden = column.name in self._hidden or is_pseudonym(column.name, value)
        return PERSONAL if hidden and value is not None else value

    def _run(self, statement: sql.Composable) -> None:
        self._cursor.execute(statement)

    def _rows(self, query: str, *parts: sql.Composable) -> list[tuple[Any, ...]]:
        self._cursor.execute(sql.SQL(query).format(*parts))
        return list(self._cursor.fetchall())

    def _row(self, query: str, *parts: sql.Composable) -> tuple[Any, ...]:
        return self._rows(query, *parts)[0]

    def _one(self, query: str, *parts: sql.Composable) -> int:
        return int(self._row(query, *parts)[0])


def _asked(column: Shared, *, summed: bool) -> list[sql.Composed]:
    """Of a column in the pairs: changed rows, and for a number the sums of what it became."""
    name = sql.Identifier(column.name)
    changed = sql.SQL(
        "filter (where (a).{0} and (b).{0} and (a).{1} is distinct from (b).{1})"
    ).format(_HERE, name)
    difference = overall = sql.Composed([sql.SQL("null")])
    if column.is_number and summed:
        kind = (
            "double precision" if column.compared_as in ("real", "double precision") else "numeric"
        )
        change = sql.SQL(
            "coalesce(cast((b).{0} as {1}), 0) - coalesce(cast((a).{0} as {1}), 0)"
        ).format(name, sql.SQL(kind))
        difference = sql.SQL("sum({}) {}").format(change, changed)
        overall = sql.SQL("sum({})").format(change)
    return [sql.SQL("count(*) {}").format(changed), difference, overall]


def _whole(letter: str) -> sql.Identifier:
    return sql.Identifier(f"entrepot_{letter}")


def _single(letter: str) -> sql.Identifier:
    return sql.Identifier(f"entrepot_{letter}_single")
