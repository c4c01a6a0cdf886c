"""Which columns of two relations are compared, and as which type."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from psycopg2 import sql

# Equality leaves these out: they say when and by which run, not what (docs/rules.md).
LEFT_OUT = re.compile(r"_run_id|_loaded_at|created_at|_dlt_.*|dbt_.*")
_FLOATS = ("real", "double precision")
NUMBERS = ("smallint", "integer", "bigint", "numeric", *_FLOATS)
_TEXTS = ("text", "character varying", "character")
# Other types that have an equality of their own; whatever else there is, is compared by its text.
_EQUAL = (
    *("boolean", "date", "timestamp without time zone", "timestamp with time zone"),
    *("time without time zone", "interval", "uuid", "bytea", "jsonb", "inet"),
)


@dataclass(frozen=True, slots=True)
class Shared:
    """A column of both sides. `compared_as`: the type in which its values meet."""

    name: str
    type_a: str
    type_b: str
    compared_as: str

    @property
    def is_retyped(self) -> bool:
        return self.type_a != self.type_b

    @property
    def is_number(self) -> bool:
        return self.compared_as in NUMBERS

    def value(self) -> sql.Composed:
        """The value of a row, as it is compared."""
        return sql.SQL("cast({} as {})").format(
            sql.Identifier(self.name), sql.SQL(self.compared_as)
        )


@dataclass(frozen=True, slots=True)
class Columns:
    """What two relations have in common, and what not.

    only_a, only_b: name -> type. left_out: names that both have and that are not compared.
    """

    shared: tuple[Shared, ...]
    only_a: Mapping[str, str]
    only_b: Mapping[str, str]
    left_out: tuple[str, ...]

    @property
    def retyped(self) -> list[Shared]:
        return [column for column in self.shared if column.is_retyped]

    @property
    def differ(self) -> bool:
        return bool(self.only_a or self.only_b or self.retyped)


def pair(
    columns_a: Mapping[str, str],
    columns_b: Mapping[str, str],
    key: Collection[str],
    *,
    ignored: Collection[str] = (),
    everything: bool = False,
) -> Columns:
    """Settle what is compared of two relations, given as name -> type.

    key: columns that are compared whatever they are called. everything: nothing is left out but
    what is `ignored`.
    """

    def is_left_out(name: str) -> bool:
        if name in key:
            return False
        return name in ignored or (not everything and LEFT_OUT.fullmatch(name) is not None)

    def only(own: Mapping[str, str], other: Mapping[str, str]) -> dict[str, str]:
        return {
            name: kind for name, kind in own.items() if name not in other and not is_left_out(name)
        }

    both = [name for name in columns_a if name in columns_b]
    return Columns(
        tuple(
            Shared(name, columns_a[name], columns_b[name], _meet(columns_a[name], columns_b[name]))
            for name in both
            if not is_left_out(name)
        ),
        only(columns_a, columns_b),
        only(columns_b, columns_a),
        tuple(name for name in both if is_left_out(name)),
    )


def _meet(type_a: str, type_b: str) -> str:
    """The type in which the values of two types are compared: by value where they have one."""
    one, other = _base(type_a), _base(type_b)
    if one == other:
        if one in _TEXTS:
            return "text"
        return "jsonb" if one == "json" else one if one in (*NUMBERS, *_EQUAL) else "text"
    pairs = {one, other}
    if pairs <= set(NUMBERS):
        return "double precision" if pairs & set(_FLOATS) else "numeric"
    if pairs <= {"json", "jsonb"}:
        return "jsonb"
    moments = {"date", "timestamp without time zone", "timestamp with time zone"}
    if pairs <= moments:
        zoned = "timestamp with time zone"
        return zoned if zoned in pairs else "timestamp without time zone"
    return "text"


def _base(data_type: str) -> str:
    """The type without its length: `numeric(9,2)`, `timestamp(3) without time zone`."""
    return re.sub(r"\(.*?\)", "", data_type).strip()
