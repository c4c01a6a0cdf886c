"""The astronomical seasons: one row per season, in civil days of France.

astronomy-engine -> raw_reference.saisons

A season starts on the civil day in Europe/Paris of its equinox or solstice, which is not always
the day in UTC (June 2016, September 2030, September 2034), and ends the day before the next one
starts. The winter of year N starts in December N, ends in March N+1, and is kept under N.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pyarrow as pa

# One year before the calendar: its first days belong to the winter of the year before.
FIRST_YEAR = 2014
LAST_YEAR = 2035
PARIS = ZoneInfo("Europe/Paris")
SAISONS = ("printemps", "ete", "automne", "hiver")

SCHEMA = pa.schema(
    [
        pa.field("annee", pa.int16(), nullable=False),
        pa.field("saison", pa.string(), nullable=False),
        pa.field("date_debut", pa.date32(), nullable=False),
        pa.field("date_fin", pa.date32(), nullable=False),
    ]
)


def saisons() -> pa.Table:
    """Return the seasons from spring 2014 to winter 2035, in order."""
    starts = [
        (year, saison, start)
        for year in range(FIRST_YEAR, LAST_YEAR + 2)
        for saison, start in zip(SAISONS, season_starts(year), strict=True)
    ]
    rows = [
        {
            "annee": year,
            "saison": saison,
            "date_debut": start,
            "date_fin": next_start - timedelta(days=1),
        }
        for (year, saison, start), (_, _, next_start) in pairwise(starts)
        if year <= LAST_YEAR
    ]
    return pa.Table.from_pylist(rows, schema=SCHEMA)


def season_starts(year: int) -> tuple[date, date, date, date]:
    """Return the civil days in Paris of the equinoxes and solstices of a year, in order."""
    from astronomy import Seasons

    found = Seasons(year)
    march, june, september, december = (
        civil_day(moment.Utc())
        for moment in (
            found.mar_equinox,
            found.jun_solstice,
            found.sep_equinox,
            found.dec_solstice,
        )
    )
    return march, june, september, december


def civil_day(moment: datetime) -> date:
    """Return the day in Paris of a moment given in UTC without a zone."""
    return moment.replace(tzinfo=UTC).astimezone(PARIS).date()
