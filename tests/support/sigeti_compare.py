"""The warehouse beside the oracle of SIGETI: what is missing, too much, or different."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import closing
from datetime import date
from typing import Any

import psycopg2
from psycopg2 import sql

from demo.sigeti import TABLES
from tests.support.compare import differing
from tests.support.house import House
from tests.support.sigeti_house import TODAY
from tests.support.sigeti_marts import marts
from tests.support.sigeti_oracle import Books, books
from tests.support.sigeti_reading import Row
from tests.support.sigeti_versions import dimensions_differ, versions_differ

FACT_KEYS = {
    "fait_attributions": "id_demande",
    "fait_collectes": "id_collecte",
    "fait_factures": "id_facture",
    "fait_paiements": "id_paiement",
}
MART_KEYS = {
    "mart_performance_financiere": (
        *("annee", "mois", "code_entreprise", "code_zone_industrielle"),
    ),
    "mart_occupation_zones": ("code_zone_industrielle",),
    "mart_portefeuille_clients": ("code_entreprise",),
    "mart_kpi_operationnels": ("annee", "trimestre", "mois"),
}
# Marks of the build, and keys of versions (`versions_differ` looks at those).
LEFT_OUT = {"created_at", "_run_id", "cle_entreprise", "cle_lot"}


def source_rows(url: str) -> dict[str, list[Row]]:
    """Every row of the source database, as it is now."""
    with closing(
        psycopg2.connect(url, client_encoding="UTF8", options="-c timezone=UTC")
    ) as opened:
        return {table: _rows(opened, "public", table) for table in TABLES}


def raw_rows(house: House) -> dict[str, list[Row]]:
    """Every row of the raw tables of a house: what the warehouse knows of the source."""
    with house.cursor() as cursor:
        return {table: _rows(cursor.connection, "raw_sigeti", table) for table in TABLES}


def _rows(opened: Any, schema: str, table: str) -> list[Row]:
    with opened.cursor() as cursor:
        cursor.execute(sql.SQL("select * from {}").format(sql.Identifier(schema, table)))
        names = [column.name for column in cursor.description]
        return [dict(zip(names, row, strict=True)) for row in cursor]


def differences_from(
    house: House,
    rows: Mapping[str, list[Row]],
    today: date = TODAY,
    *,
    known: Mapping[int, Row] | None = None,
) -> list[str]:
    """Every difference of dimensions, facts and marts from what those rows say, in words."""
    opened = books(rows, today, known)
    said = dimensions_differ(house, opened) + facts_differ(house, opened)
    return said + marts_differ(house, opened) + versions_differ(house)


def facts_differ(house: House, opened: Books) -> list[str]:
    """Every difference between the facts and the oracle's."""
    said = []
    for fact, expected in opened.facts().items():
        key = FACT_KEYS[fact]
        wanted = {(own,): row for own, row in expected.items()}
        said += _differing(house, f"dwh_facts.{fact}", (key,), wanted)
    return said


def marts_differ(house: House, opened: Books) -> list[str]:
    """Every difference between the marts and the oracle's."""
    said = []
    for mart, expected in marts(opened).items():
        said += _differing(house, f"dwh_marts.{mart}", MART_KEYS[mart], expected)
    return said


def _differing(
    house: House, relation: str, keys: tuple[str, ...], expected: Mapping[Any, Row]
) -> list[str]:
    """What differs, cell by cell, in every column but those that are left out."""
    found = {}
    for row in house.records(f"select * from {relation}"):
        own = tuple(row[name] for name in keys)
        assert own not in found, f"{relation}: two rows of one grain: {own}"
        found[own] = {name: value for name, value in row.items() if name not in {*keys, *LEFT_OUT}}
    rows = differing(relation, dict.fromkeys(expected, "a row"), dict.fromkeys(found, "a row"))
    both = [key for key in expected if key in found]
    return rows + differing(relation, _cells(expected, both), _cells(found, both))


def _cells(rows: Mapping[Any, Row], keys: Sequence[Any]) -> dict[tuple[Any, ...], Any]:
    return {
        (*key, name): "null" if value is None else value
        for key in keys
        for name, value in rows[key].items()
    }
