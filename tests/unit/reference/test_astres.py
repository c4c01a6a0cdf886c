"""The astronomical seasons, in civil days of France."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import pytest

from ingest.reference.astres import SCHEMA, civil_day, saisons, season_starts


@pytest.mark.parametrize(
    ("year", "position", "paris", "utc"),
    [
        (2016, 1, date(2016, 6, 21), date(2016, 6, 20)),
        (2030, 2, date(2030, 9, 23), date(2030, 9, 22)),
        (2034, 2, date(2034, 9, 23), date(2034, 9, 22)),
    ],
)
def test_a_season_starts_on_the_civil_day_of_paris(
    year: int, position: int, paris: date, utc: date
) -> None:
    from astronomy import Seasons

    found = Seasons(year)
    moment = (found.mar_equinox, found.jun_solstice, found.sep_equinox)[position].Utc()
    assert season_starts(year)[position] == paris
    assert moment.date() == utc


def test_a_late_evening_in_utc_is_the_next_day_in_paris() -> None:
    moment = datetime(2025, 6, 20, 22, 30, tzinfo=UTC).replace(tzinfo=None)
    assert civil_day(moment) == date(2025, 6, 21)


def test_winter_runs_into_the_next_year_and_is_kept_under_the_first() -> None:
    winter = next(s for s in saisons().to_pylist() if (s["annee"], s["saison"]) == (2024, "hiver"))
    assert (winter["date_debut"], winter["date_fin"]) == (date(2024, 12, 21), date(2025, 3, 19))


def test_each_season_ends_the_day_before_the_next() -> None:
    rows = saisons().to_pylist()
    for earlier, later in pairwise(rows):
        assert earlier["date_fin"] + timedelta(days=1) == later["date_debut"]


def test_seasons_cover_the_whole_calendar() -> None:
    table = saisons()
    rows = table.to_pylist()
    assert table.schema.equals(SCHEMA)
    assert rows[0]["date_debut"] < date(2015, 1, 1)
    assert rows[-1]["date_fin"] > date(2035, 12, 31)
    assert len(rows) == 4 * 22
