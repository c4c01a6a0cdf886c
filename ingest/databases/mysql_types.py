"""What MySQL's types are called in the warehouse, how they travel, and how they are asked for."""

from __future__ import annotations

import re

import pyarrow as pa

from ingest.databases.model import SourceColumn

Kind = tuple[str, pa.DataType]

_SMALL: Kind = ("smallint", pa.int16())
_MIDDLE: Kind = ("integer", pa.int32())
_BIG: Kind = ("bigint", pa.int64())
_UNSIGNED: Kind = ("numeric(20,0)", pa.decimal128(20, 0))
# Signed, and unsigned. `tinyint(1)` may hold any small number: it is no boolean.
_INTEGERS: dict[str, tuple[Kind, Kind]] = {
    "tinyint": (_SMALL, _SMALL),
    "smallint": (_SMALL, _MIDDLE),
    "mediumint": (_MIDDLE, _MIDDLE),
    "int": (_MIDDLE, _BIG),
    "bigint": (_BIG, _UNSIGNED),
}
_NATIVE: dict[str, Kind] = {
    "float": ("real", pa.float32()),
    "double": ("double precision", pa.float64()),
    "date": ("date", pa.date32()),
    "datetime": ("timestamp without time zone", pa.timestamp("us")),
    "timestamp": ("timestamp with time zone", pa.timestamp("us", tz="UTC")),
    "year": _SMALL,
    **dict.fromkeys(
        ("binary", "varbinary", "tinyblob", "blob", "mediumblob", "longblob"),
        ("bytea", pa.binary()),
    ),
}
# They travel as text and are themselves again in the warehouse. A `time` may be negative or last
# for days, so it is a length of time.
_BY_TEXT = {"time": "interval", "json": "json", "uuid": "uuid"}
_TEXTS = {
    *("char", "varchar", "tinytext", "text", "mediumtext", "longtext", "enum", "set"),
    *("inet4", "inet6"),
}
_SHAPES = {
    *("geometry", "point", "linestring", "polygon", "multipoint", "multilinestring"),
    *("multipolygon", "geometrycollection", "geomcollection"),
}
_MAX_DIGITS = 38  # of an Arrow decimal of 128 bits


def column_of(
    name: str,
    data_type: str,
    column_type: str,
    precision: int | None,
    scale: int | None,
    label: str | None,
) -> SourceColumn:
    """A column, from its row in `information_schema.columns`."""
    kind = data_type.lower()
    raw, transport = _kind_of(kind, column_type.lower(), precision or 0, scale or 0)
    return SourceColumn(name, _worded(kind, column_type), raw, transport, label or None)


def _kind_of(kind: str, column_type: str, precision: int, scale: int) -> Kind:
    if kind in _INTEGERS:
        return _INTEGERS[kind]["unsigned" in column_type]
    if kind == "bit":
        if precision == 1:
            return "boolean", pa.bool_()
        return _BIG if precision < 64 else _UNSIGNED
    if kind == "decimal":
        if precision <= _MAX_DIGITS and scale <= precision:
            return f"numeric({precision},{scale})", pa.decimal128(precision, scale)
        return "numeric", pa.string()
    return _NATIVE.get(kind) or (_BY_TEXT.get(kind, "text"), pa.string())


def _worded(kind: str, column_type: str) -> str:
    """The type as the catalogue words it, without what may change and says nothing of the values:
    the width that an integer is shown with, and the labels of an enumeration.
    """
    if kind in ("enum", "set"):
        return kind
    worded = column_type.partition(" /*")[0]
    return re.sub(r"\(\d+\)", "", worded) if kind in _INTEGERS or kind == "year" else worded


def selected(column: SourceColumn, name: str) -> str:
    """What to select for a column, given its quoted name, so that it comes as Arrow reads it.

    A float is shown with six digits unless it is made a double, bits come as bytes, and shapes in
    a format of the server's own.
    """
    kind = re.split(r"[( ]", column.source_type, maxsplit=1)[0]
    if kind == "float":
        return f"{name} + 0e0"
    if kind == "bit":
        return f"{name} + 0"
    if kind in _SHAPES:
        return f"st_astext({name})"
    if kind in _TEXTS or kind in _NATIVE or kind in _INTEGERS or kind in _BY_TEXT:
        return name
    return name if kind == "decimal" else f"cast({name} as char)"
