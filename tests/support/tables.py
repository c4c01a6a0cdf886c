"""Tables of the warehouse beside what they must hold: dictionaries from key to columns."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from tests.support.compare import differing
from tests.support.house import House

Row = dict[str, Any]
Tables = dict[str, dict[tuple[Any, ...], Row]]


def tables_differ(
    house: House,
    tables: Tables,
    keys: Mapping[str, Sequence[str]],
    left_out: Collection[str],
) -> list[str]:
    """Every difference of facts and marts from what they must hold, in words.

    Args:
        keys: the key of each table.
        left_out: columns that are not compared; all the others of the warehouse are.
    """
    said = []
    for table, expected in tables.items():
        schema = "dwh_facts" if table.startswith("fait_") else "dwh_marts"
        apart = {*keys[table], *left_out}
        found = {}
        for row in house.records(f"select * from {schema}.{table}"):
            key = tuple(row[name] for name in keys[table])
            assert key not in found, f"{table}: two rows of one grain: {key}"
            found[key] = {name: row[name] for name in row if name not in apart}
        said += differing(table, dict.fromkeys(expected, "a row"), dict.fromkeys(found, "a row"))
        both = [key for key in expected if key in found]
        said += differing(table, _cells(expected, both), _cells(found, both))
    return said


def _cells(rows: Mapping[Any, Row], keys: Iterable[Any]) -> dict[tuple[Any, ...], Any]:
    return {
        (*key, name): "null" if value is None else value
        for key in keys
        for name, value in rows[key].items()
    }
