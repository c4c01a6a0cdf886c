"""The history of SIGETI as builds saw it, in plain Python beside `ods`; image beside source."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from ingest.catalog import load_catalog
from ingest.names import snake_case
from tests.support.compare import SHOWN, differing
from tests.support.house import House
from tests.support.sigeti_reading import MARKS, Row, company

# Snapshots are named as staging names the tables.
_RENAMED = {"demande_attribution_lots": "demande_lots", "paiement_factures": "paiements"}
# Nothing is left of these but their ids: who they are is personal.
NO_HISTORY = {"agents", "operateurs"}
Content = frozenset[tuple[str, str]]


def content(row: Row) -> Content:
    """What a row says: its columns that hold something, without marks of landing and history."""
    return frozenset(
        (name, str(value.normalize() if isinstance(value, Decimal) else value))
        for name, value in row.items()
        if value is not None and not name.startswith(("_", "dbt_"))
    )


class History:
    """What each build saw: the content of each key, and how many versions it had so far."""

    def __init__(self) -> None:
        self._current: dict[str, dict[int, Content]] = defaultdict(dict)
        self._versions: dict[str, Counter[int]] = defaultdict(Counter)
        self._companies: dict[int, Row] = {}

    def see(self, image: Mapping[str, Iterable[Row]]) -> None:
        """A build sees this image."""
        for table, rows in image.items():
            seen = {row["id"]: content(row) for row in rows}
            for key, said in seen.items():
                if self._current[table].get(key) != said:
                    self._versions[table][key] += 1
            self._current[table] = seen
        read = {row["id"]: company(row) for row in image["entreprises"]}
        self._companies.update({key: row for key, row in read.items() if row is not None})

    def companies(self) -> dict[int, Row]:
        """The last row that could be read of each company that a build saw."""
        return dict(self._companies)

    def differs(self, house: House) -> list[str]:
        """Where `ods` is not what the builds saw."""
        said: list[str] = []
        for table in sorted(set(self._current) - NO_HISTORY):
            snapshot = f"ods.snap_sigeti__{_RENAMED.get(table, table)}"
            versions: Counter[int] = Counter()
            current: dict[int, Content] = {}
            for row in house.records(f"select * from {snapshot}"):
                versions[row["id"]] += 1
                if row["dbt_valid_to"] is None:
                    if row["id"] in current:
                        said.append(f"{snapshot}: two current rows of {row['id']}")
                    current[row["id"]] = content(row)
            said += differing(f"versions of {snapshot}", self._versions[table], versions)
            expected = {key: {own} for key, own in self._current[table].items()}
            said += contents_differ(f"current rows of {snapshot}", expected, current)
        return said


def image_differs(image: Mapping[str, list[Row]], source: Mapping[str, list[Row]]) -> list[str]:
    """Where an image, landed by a full load, is not its source, personal columns left out.

    Of rows that share a key the image has one, of those with the newest mark.
    """
    personal = {
        table.name: set(table.pii) for table in load_catalog().tables if table.source == "sigeti"
    }
    said = []
    for table, rows in source.items():
        newest: dict[int, Any] = {}
        allowed: dict[int, set[Content]] = defaultdict(set)
        for row in sorted(rows, key=lambda row: _mark(table, row)):
            if row["id"] is None:
                continue
            if newest.get(row["id"]) != _mark(table, row):
                allowed[row["id"]].clear()
            newest[row["id"]] = _mark(table, row)
            kept = {snake_case(n): v for n, v in row.items() if n not in personal[table]}
            allowed[row["id"]].add(content(kept))
        found = {
            row["id"]: content({n: v for n, v in row.items() if n not in personal[table]})
            for row in image[table]
        }
        said += contents_differ(f"image of {table}", allowed, found)
    return said


def rejects_differ(house: House, source: Mapping[str, list[Row]]) -> list[str]:
    """Where, after a full load, the rejected rows are not those without a key of their own."""
    expected: Counter[tuple[str, str]] = Counter()
    for table, rows in source.items():
        keys = [row["id"] for row in rows if row["id"] is not None]
        expected[table, "null key"] = len(rows) - len(keys)
        expected[table, "duplicate key"] = len(keys) - len(set(keys))
    found = {
        (table, reason): count
        for table, reason, count in house.rows(
            "select table_name, reason, count(*) from etl.rejects where source = 'sigeti' "
            "group by 1, 2"
        )
    }
    return differing("rejects", {key: n for key, n in expected.items() if n}, found)


def contents_differ(
    name: str, allowed: Mapping[int, set[Content]], found: Mapping[int, Content]
) -> list[str]:
    """Which rows are missing, too many, or say none of what they may; and the cells of these."""
    said = differing(name, dict.fromkeys(allowed, "a row"), dict.fromkeys(found, "a row"))
    # A part of a key may be null, which has no order of its own.
    for key in sorted({*allowed} & {*found}, key=repr):
        if found[key] not in allowed[key]:
            expected = next(iter(allowed[key]))
            said.append(f"{name} {key}: expected {dict(expected - found[key])}")
            said.append(f"{name} {key}: found {dict(found[key] - expected)}")
    return said[: 2 * SHOWN]


def _mark(table: str, row: Row) -> str:
    """Marks as text, so that none comes first."""
    mark = row[MARKS[table]] if MARKS[table] else None
    return mark.isoformat() if mark else ""
