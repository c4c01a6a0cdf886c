"""Communes and what they belong to, by vintage."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from ingest.reference import decoupage
from ingest.reference.derive_decoupage import main_department, runs, successors

LATEST = 2026


@pytest.fixture(scope="module")
def communes() -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = decoupage.communes().to_pylist()
    return rows


def of_vintage(communes: list[dict[str, Any]], year: int) -> list[dict[str, Any]]:
    return [
        c
        for c in communes
        if c["type"] == "commune"
        and c["premier_millesime"]
        and c["premier_millesime"] <= year <= c["dernier_millesime"]
    ]


@pytest.mark.parametrize(("year", "expected"), [(2019, 246), (2024, 246), (2025, 250)])
def test_the_cantal_has_246_communes_until_one_was_divided(
    communes: list[dict[str, Any]], year: int, expected: int
) -> None:
    cantal = [c for c in of_vintage(communes, year) if c["departement"] == "15"]
    assert len(cantal) == expected


def test_the_latest_vintage_is_whole(communes: list[dict[str, Any]]) -> None:
    assert len(of_vintage(communes, LATEST)) == 34969


def test_codes_keep_their_leading_zeros_and_letters(communes: list[dict[str, Any]]) -> None:
    codes = {c["code"] for c in communes}
    assert {"01001", "2A004", "97101"} <= codes
    assert {len(code) for code in codes} == {5}


def test_a_code_has_one_row_per_vintage(communes: list[dict[str, Any]]) -> None:
    for year in (2019, 2021, LATEST):
        counts = Counter(c["code"] for c in of_vintage(communes, year))
        assert max(counts.values()) == 1


def test_a_merged_commune_has_the_successor_of_today(communes: list[dict[str, Any]]) -> None:
    by_code = {c["code"]: c for c in communes}
    assert by_code["15023"]["successeur"] == "15108"
    assert by_code["15023"]["nom"] == "Bournoncles"
    assert by_code["16351"]["dernier_millesime"] == 2019
    assert by_code["16351"]["successeur"] in {c["code"] for c in of_vintage(communes, LATEST)}


def test_every_successor_is_a_commune_of_today_and_only_the_gone_have_one(
    communes: list[dict[str, Any]],
) -> None:
    today = {c["code"] for c in of_vintage(communes, LATEST)}
    for c in communes:
        if c["successeur"]:
            assert c["successeur"] in today
            assert c["code"] not in today
        elif c["type"] == "commune":
            assert c["code"] in today


def test_the_districts_of_paris_lyon_and_marseille_are_kept_apart(
    communes: list[dict[str, Any]],
) -> None:
    assert sum(c["type"] == "arrondissement" for c in communes) == 45


def test_the_epci_of_the_cantal_are_known_with_their_size() -> None:
    cantal = {
        e["nom"]: e["nb_communes"]
        for e in decoupage.epci().to_pylist()
        if e["departement"] == "15" and e["dernier_millesime"] == LATEST
    }
    assert cantal["CC Hautes Terres"] == 39
    assert cantal["CA du Bassin d'Aurillac"] == 25
    assert len(cantal) == 9


def test_departments_and_regions_are_whole_and_refer_to_each_other() -> None:
    departements = decoupage.departements().to_pylist()
    regions = {r["code"] for r in decoupage.regions().to_pylist()}
    assert len({d["code"] for d in departements}) == 109
    assert len(regions) == 26
    assert {d["region"] for d in departements} <= regions


def test_a_run_ends_when_a_value_changes_or_the_code_is_gone() -> None:
    vintages = {
        2019: {"A": ("x",), "B": ("y",)},
        2021: {"A": ("x",)},
        2022: {"A": ("z",), "B": ("y",)},
    }
    assert runs(vintages) == [
        ("A", ("x",), 2019, 2021),
        ("A", ("z",), 2022, 2022),
        ("B", ("y",), 2019, 2019),
        ("B", ("y",), 2022, 2022),
    ]


def test_only_communes_of_today_name_successors() -> None:
    records = [
        {"code": "15108", "type": "commune-actuelle", "anciensCodes": ["15023"]},
        {"code": "15023", "type": "commune-deleguee", "anciensCodes": ["15999"]},
    ]
    assert successors(records) == {"15023": "15108"}


def test_an_epci_over_two_departments_belongs_to_the_one_with_most_communes() -> None:
    assert main_department(["15001", "63001", "63002"]) == "63"
    assert main_department(["63001", "15001"]) == "15"
