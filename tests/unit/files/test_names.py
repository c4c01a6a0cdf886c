"""Column names survive: no letter is dropped, and no two columns become one."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.names import NameCollision, column_names, snake_case


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("Durée séjour", "duree_sejour"),
        ("Dure\u0301e se\u0301jour", "duree_sejour"),
        ("gencod-v", "gencod_v"),
        ("EPCIZoneNuiteeSoir", "epci_zone_nuitee_soir"),
        ("CodeINSEE", "code_insee"),
        ("CodeInsee", "code_insee"),
        ("NomEPCI", "nom_epci"),
        ("EPCI", "epci"),
        ("VacancesA", "vacances_a"),
        ("JourDeLaSemaine", "jour_de_la_semaine"),
        ("DureeSejourNum", "duree_sejour_num"),
        ("DeptZoneDiurneSoir", "dept_zone_diurne_soir"),
        ("ZoneMobilite", "zone_mobilite"),
        ("Œuvre", "oeuvre"),
        ("ŒUVRE", "oeuvre"),
        ("cœur d'Aurillac", "coeur_d_aurillac"),
        ("BŒUF", "boeuf"),
        ("Straße", "strasse"),
        ("Ångström", "angstrom"),
        ("m²", "m2"),
        ("2A", "_2_a"),
        ("_file_id", "file_id"),
        ("αβ", "u03b1u03b2"),
        ("N° de lot", "n_de_lot"),
        ("a\u00a0 b", "a_b"),
    ],
)
def test_names(source: str, expected: str) -> None:
    assert snake_case(source) == expected


@given(st.text(min_size=1, max_size=80))
def test_any_name_becomes_an_identifier_or_is_refused(name: str) -> None:
    try:
        found = snake_case(name)
    except ValueError:
        assert not any(c.isascii() and c.isalnum() for c in name)
        return
    assert re.fullmatch(r"[a-z_][a-z0-9_]*", found)
    assert len(found) <= 63
    assert snake_case(found).lstrip("_") == found.lstrip("_")


@given(st.text(alphabet=st.characters(categories=["L"]), min_size=1, max_size=20))
def test_no_letter_is_dropped(name: str) -> None:
    assert len(snake_case(name).replace("_", "")) >= min(len(name), 50)


def test_a_long_name_keeps_its_difference() -> None:
    names = column_names(["x" * 80, "x" * 81])
    assert len(set(names.values())) == 2


def test_names_that_meet_are_refused_naming_both() -> None:
    with pytest.raises(
        NameCollision, match="'gencod-v' and 'gencod_v' would both be named gencod_v"
    ):
        column_names(["gencod-v", "a", "gencod_v"])
    with pytest.raises(NameCollision, match="'a' and 'a'"):
        column_names(["a", "a"])
    assert column_names(["Date", "Volume"]) == {"Date": "date", "Volume": "volume"}


def test_a_long_name_that_is_cut_after_a_word_stays_one_identifier() -> None:
    name = "a" * 53 + " " + "b" * 20
    assert snake_case(name) == snake_case(snake_case(name))
    assert "__" not in snake_case(name)
