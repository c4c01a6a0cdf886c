"""The facts of the oracle as the marts read them: by family, zone and day; periods, rounding.

The calendar of periods and the region of a department are taken from the dimensions, whose own
tests answer for them; everything else is calculated here.
"""

from __future__ import annotations

import datetime
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from math import floor

from tests.support import oracle
from tests.support.house import House
from tests.support.inbox import Event

PUBLISHED = ("PAYS_AURILLAC", "HAUT_CANTAL", "CHATAIGNERAIE")

Day = datetime.date
Cell = tuple[str, int, str]  # zone, year, period


def rounded(value: Fraction | int, digits: int) -> Decimal:
    """Rounded as PostgreSQL rounds numerics: halves away from zero."""
    value = Fraction(value)
    whole = floor(abs(value) * 10**digits + Fraction(1, 2))
    return Decimal(whole if value >= 0 else -whole).scaleb(-digits)


def evolution(value: Fraction | int | None, earlier: Fraction | int | None) -> Decimal | None:
    """(value - earlier) / earlier in %, one decimal; null when earlier is not above zero."""
    if value is None or earlier is None or earlier <= 0:
        return None
    return rounded(Fraction(100) * (Fraction(value) - Fraction(earlier)) / Fraction(earlier), 1)


@dataclass
class Books:
    """The oracle's facts by family, and what of the dimensions the marts need."""

    # family -> zone -> day -> grain -> volume; a day that was delivered is there, even empty
    volumes: dict[str, dict[str, dict[Day, Counter[oracle.Grain]]]]
    provisional: dict[tuple[str, str, Day], bool]
    periods: dict[tuple[int, str], tuple[Day, Day]]
    regions: dict[str, str]
    events: dict[str, list[tuple[Day, Day, str | None]]] = field(default_factory=dict)

    def days(self, family: str, zone: str, first: Day, last: Day) -> list[Day]:
        """The days of a window that were delivered."""
        found = self.volumes.get(family, {}).get(zone, {})
        return sorted(day for day in found if first <= day <= last)

    def total(
        self, family: str, zone: str, days: Iterable[Day], wanted: Callable[[oracle.Grain], bool]
    ) -> int:
        """The volumes of some days whose grain is wanted."""
        by_day = self.volumes[family][zone]
        return sum(volume for day in days for grain, volume in by_day[day].items() if wanted(grain))

    def cells(self) -> list[tuple[Cell, Day, Day]]:
        return [
            ((zone, year, period), first, last)
            for zone in PUBLISHED
            for (year, period), (first, last) in self.periods.items()
        ]


def books(house: House, sightings: Sequence[Event]) -> Books:
    """Open the books on what was delivered."""
    volumes: dict[str, dict[str, dict[Day, Counter[oracle.Grain]]]] = defaultdict(
        lambda: defaultdict(dict)
    )
    provisional = {}
    for (family, zone, day), version in oracle.elected(oracle.versions(sightings)).items():
        volumes[family][zone][day] = version.rows.get((zone, day), Counter())
        provisional[(family, zone, day)] = version.provisional
    periods = {
        (year, period): (first, last)
        for year, period, first, last in house.rows(
            "select annee, code_periode, date_debut, date_fin from dwh_dimensions.dim_periode "
            "where code_periode <> 'INCONNU' and date_debut is not null"
        )
    }
    regions = dict(
        house.rows(
            "select code_departement, coalesce(code_nouvelle_region, 'INCONNU') "
            "from dwh_dimensions.dim_departement"
        )
    )
    opened = Books(volumes, provisional, periods, regions)
    opened.events = _events(periods)
    return opened


def _events(
    periods: Mapping[tuple[int, str], tuple[Day, Day]],
) -> dict[str, list[tuple[Day, Day, str | None]]]:
    """Event -> its windows, and the only period that counts it, if there is one."""
    found: dict[str, list[tuple[Day, Day, str | None]]] = defaultdict(list)
    for (_, period), (first, last) in periods.items():
        if period in ("weekend_paques", "weekend_ascension", "weekend_pentecote"):
            found[period].append((first, last, None))
        if period == "vacances_hiver":
            days = [first + datetime.timedelta(n) for n in range((last - first).days + 1)]
            saturdays = [day for day in days if day.isoweekday() == 6]
            for rank, day in enumerate(saturdays[1:3], 2):
                found[f"samedi_{rank}"].append((day, day, period))
    for year in {year for year, _ in periods}:
        for name, month, number in (
            ("premier_mai", 5, 1),
            ("quatorze_juillet", 7, 14),
            ("quinze_aout", 8, 15),
        ):
            day = Day(year, month, number)
            found[name].append((day, day, None))
    return found
