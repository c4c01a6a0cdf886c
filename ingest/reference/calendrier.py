"""The calendar: one row per civil day, with public and school holidays.

holidays, vacances-scolaires-france -> raw_reference.jours

Public holidays follow from law and from Easter, so they are known for every day: 0 means that the
day is none. School holidays are published two or three years ahead: past the last day that the
package knows, nobody can tell, and the flags are null, never 0. Muslim feasts of the Ivorian
calendar are computed for the years to come; the moon may move them by a day.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import pyarrow as pa

FIRST_DAY = date(2015, 1, 1)
LAST_DAY = date(2035, 12, 31)
ZONES = ("a", "b", "c")
JOURS_SEMAINE = ("LUNDI", "MARDI", "MERCREDI", "JEUDI", "VENDREDI", "SAMEDI", "DIMANCHE")

SCHEMA = pa.schema(
    [
        pa.field("date_jour", pa.date32(), nullable=False),
        pa.field("semaine", pa.int16(), nullable=False),
        pa.field("annee_semaine", pa.int16(), nullable=False),
        pa.field("numero_jour", pa.int16(), nullable=False),
        pa.field("jour_semaine", pa.string(), nullable=False),
        pa.field("jours_depuis_paques", pa.int16(), nullable=False),
        pa.field("ferie", pa.int16(), nullable=False),
        pa.field("nom_ferie", pa.string()),
        pa.field("vacances_a", pa.int16()),
        pa.field("vacances_b", pa.int16()),
        pa.field("vacances_c", pa.int16()),
        pa.field("nom_vacances", pa.string()),
        pa.field("ferie_ci", pa.int16(), nullable=False),
        pa.field("nom_ferie_ci", pa.string()),
    ]
)


def jours() -> pa.Table:
    """Return the days from 2015-01-01 to 2035-12-31, in order.

    Weeks are ISO weeks, with the year that they belong to; `jour_semaine` is the French name in
    capitals; flags are 0, 1, or null where nobody knows.
    """
    france = public_holidays("FR")
    cote_d_ivoire = public_holidays("CI")
    schools = school_holidays()
    last_known = max(schools)
    rows = []
    for day in days(FIRST_DAY, LAST_DAY):
        iso = day.isocalendar()
        zones, school_holiday = schools.get(day, (frozenset(), None))
        known = day <= last_known
        rows.append(
            {
                "date_jour": day,
                "semaine": iso.week,
                "annee_semaine": iso.year,
                "numero_jour": iso.weekday,
                "jour_semaine": JOURS_SEMAINE[day.weekday()],
                "jours_depuis_paques": (day - easter(day.year)).days,
                "ferie": int(day in france),
                "nom_ferie": france.get(day),
                **{f"vacances_{zone}": int(zone in zones) if known else None for zone in ZONES},
                "nom_vacances": school_holiday,
                "ferie_ci": int(day in cote_d_ivoire),
                "nom_ferie_ci": cote_d_ivoire.get(day),
            }
        )
    return pa.Table.from_pylist(rows, schema=SCHEMA)


def days(first: date, last: date) -> Iterator[date]:
    """Yield each day from first to last, both included."""
    for ordinal in range(first.toordinal(), last.toordinal() + 1):
        yield date.fromordinal(ordinal)


def easter(year: int) -> date:
    """Return Easter Sunday of the Gregorian calendar, by the anonymous computus."""
    golden = year % 19
    century, year_of_century = divmod(year, 100)
    leap_century, century_rest = divmod(century, 4)
    lunar = (century - (century + 8) // 25 + 1) // 3
    epact = (19 * golden + century - leap_century - lunar + 15) % 30
    leap, rest = divmod(year_of_century, 4)
    to_sunday = (32 + 2 * century_rest + 2 * leap - epact - rest) % 7
    correction = (golden + 11 * epact + 22 * to_sunday) // 451
    march_days = epact + to_sunday - 7 * correction + 22
    return date(year, 3, 1) + timedelta(days=march_days - 1)


def public_holidays(country: str) -> dict[date, str]:
    """Return day -> French name of the public holidays of a country, by its ISO code."""
    from holidays import country_holidays

    years = range(FIRST_DAY.year, LAST_DAY.year + 1)
    return dict(country_holidays(country, years=years, language="fr"))


def school_holidays() -> dict[date, tuple[frozenset[str], str]]:
    """Return day -> (zones on holiday, name of the holiday), for every holiday that is known.

    The package also lists days past its last school year, all of them outside any holiday: they
    are left out, since that only means that it does not know.
    """
    from vacances_scolaires_france import SchoolHolidayDates

    calendar: Any = SchoolHolidayDates()
    known = {}
    for year in range(FIRST_DAY.year, min(LAST_DAY.year, calendar.max_year) + 1):
        for day, entry in calendar.holidays_for_year(year).items():
            zones = frozenset(zone for zone in ZONES if entry[f"vacances_zone_{zone}"])
            if zones:
                known[day] = (zones, entry["nom_vacances"].replace("\u2019", "'"))
    return known
