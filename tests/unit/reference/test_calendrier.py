"""The calendar table: weeks, public holidays, school holidays, what nobody knows yet."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from jours_feries_france import JoursFeries

from ingest.reference.calendrier import FIRST_DAY, LAST_DAY, SCHEMA, easter, jours

YEARS = range(FIRST_DAY.year, LAST_DAY.year + 1)


@pytest.fixture(scope="module")
def calendar() -> dict[date, dict[str, Any]]:
    return {row["date_jour"]: row for row in jours().to_pylist()}


def test_one_row_per_day_in_order(calendar: dict[date, dict[str, Any]]) -> None:
    expected = [FIRST_DAY + timedelta(days=n) for n in range((LAST_DAY - FIRST_DAY).days + 1)]
    assert list(calendar) == expected


def test_the_table_has_the_declared_schema_and_no_undeclared_null() -> None:
    table = jours()
    assert table.schema.equals(SCHEMA)
    for field in SCHEMA:
        assert field.nullable or table[field.name].null_count == 0


def test_the_first_days_of_january_can_belong_to_the_iso_year_before(
    calendar: dict[date, dict[str, Any]],
) -> None:
    day = calendar[date(2021, 1, 3)]
    assert (day["annee_semaine"], day["semaine"]) == (2020, 53)
    assert (day["numero_jour"], day["jour_semaine"]) == (7, "DIMANCHE")


@pytest.mark.parametrize("year", YEARS)
def test_french_public_holidays_are_those_of_another_package(
    calendar: dict[date, dict[str, Any]], year: int
) -> None:
    ours = {day for day, row in calendar.items() if row["ferie"] == 1 and day.year == year}
    assert ours == set(JoursFeries.for_year(year).values())


def test_a_public_holiday_has_a_name_and_other_days_have_none(
    calendar: dict[date, dict[str, Any]],
) -> None:
    for row in calendar.values():
        assert (row["ferie"] == 1) == (row["nom_ferie"] is not None)
        assert (row["ferie_ci"] == 1) == (row["nom_ferie_ci"] is not None)


@pytest.mark.parametrize("year", YEARS)
def test_easter_agrees_with_another_computus(year: int) -> None:
    assert easter(year) + timedelta(days=1) == JoursFeries.lundi_paques(year)


def test_days_are_counted_from_easter(calendar: dict[date, dict[str, Any]]) -> None:
    assert calendar[date(2025, 4, 20)]["jours_depuis_paques"] == 0
    assert calendar[date(2025, 6, 9)]["jours_depuis_paques"] == 50


def test_zones_are_not_on_holiday_together(calendar: dict[date, dict[str, Any]]) -> None:
    day = calendar[date(2025, 2, 10)]
    assert [day[f"vacances_{zone}"] for zone in "abc"] == [0, 1, 0]
    assert day["nom_vacances"] == "Vacances d'hiver"


def test_summer_2025_runs_from_5_july_to_31_august(
    calendar: dict[date, dict[str, Any]],
) -> None:
    summer = [
        day
        for day, row in calendar.items()
        if row["nom_vacances"] == "Vacances d'été" and day.year == 2025
    ]
    assert (min(summer), max(summer)) == (date(2025, 7, 5), date(2025, 8, 31))


def test_school_holidays_beyond_what_is_known_are_null_and_never_zero(
    calendar: dict[date, dict[str, Any]],
) -> None:
    known = [day for day, row in calendar.items() if row["vacances_a"] is not None]
    assert max(known) >= date(2028, 6, 30)
    for day, row in calendar.items():
        flags = {row[f"vacances_{zone}"] for zone in "abc"}
        assert flags == {None} if day > max(known) else flags <= {0, 1}


def test_known_school_holidays_end_with_a_holiday(calendar: dict[date, dict[str, Any]]) -> None:
    last = max(day for day, row in calendar.items() if row["vacances_a"] is not None)
    assert calendar[last]["nom_vacances"] is not None


def test_ivorian_feasts_that_move_are_there(calendar: dict[date, dict[str, Any]]) -> None:
    assert calendar[date(2025, 8, 7)]["nom_ferie_ci"] == "Fête Nationale"
    assert calendar[date(2025, 6, 6)]["nom_ferie_ci"] == "Fête de la Tabaski"
    assert sum(row["ferie_ci"] for day, row in calendar.items() if day.year == 2025) == 15
