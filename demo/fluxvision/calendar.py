"""Days, two-month periods, weeks and publication dates of Flux Vision deliveries."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cache, lru_cache

from vacances_scolaires_france import SchoolHolidayDates

_PERIOD = re.compile(r"(20\d\d)B([1-6])")
# Day and month on which the operator publishes each two-month period (B6: the next January).
_PUBLISHED = {1: (3, 27), 2: (5, 24), 3: (7, 25), 4: (9, 25), 5: (11, 27), 6: (1, 27)}
_WEEKDAYS = ("LUNDI", "MARDI", "MERCREDI", "JEUDI", "VENDREDI", "SAMEDI", "DIMANCHE")


@dataclass(frozen=True, order=True)
class Period:
    """A two-month period, `2024B1` for January and February 2024."""

    year: int
    number: int

    @classmethod
    def parse(cls, text: str) -> Period:
        """Read `2024B1`.

        Raises:
            ValueError: if the text is not a year from 2000 followed by B1 to B6.
        """
        found = _PERIOD.fullmatch(text.strip())
        if found is None:
            raise ValueError(f"not a period: {text!r} (a period is written like 2024B1)")
        return cls(int(found[1]), int(found[2]))

    def __str__(self) -> str:
        return f"{self.year}B{self.number}"

    @property
    def delivery_name(self) -> str:
        """The name the portal gives to the delivery: `B1 2024`."""
        return f"B{self.number} {self.year}"

    @property
    def first_day(self) -> date:
        return date(self.year, 2 * self.number - 1, 1)

    @property
    def last_day(self) -> date:
        return self.next().first_day - timedelta(days=1)

    @property
    def published(self) -> datetime:
        """When the portal publishes the period: two to four weeks after its end."""
        month, day = _PUBLISHED[self.number]
        year = self.year + 1 if self.number == 6 else self.year
        return at(date(year, month, day) + timedelta(days=year % 3 - 1), 8)

    def next(self) -> Period:
        return Period(self.year + self.number // 6, self.number % 6 + 1)

    def days(self) -> tuple[date, ...]:
        return tuple(days_between(self.first_day, self.last_day))


def periods_between(first: Period, last: Period) -> Iterator[Period]:
    """Yield the periods from `first` to `last`, both included."""
    period = first
    while period <= last:
        yield period
        period = period.next()


def days_between(first: date, last: date) -> Iterator[date]:
    """Yield the days from `first` to `last`, both included."""
    for offset in range((last - first).days + 1):
        yield first + timedelta(days=offset)


def at(day: date, hour: int, minute: int = 0) -> datetime:
    """A moment in UTC; deliveries never depend on the time zone of the machine."""
    return datetime.combine(day, time(hour, minute), tzinfo=UTC)


def week_name(monday: date) -> str:
    """The ISO week, as the weekly folders are named: `2025-S14`."""
    year, week, _ = monday.isocalendar()
    return f"{year}-S{week:02d}"


@dataclass(frozen=True)
class DayFlags:
    """What the source says of a day: school holidays by zone, public holiday, name of the day."""

    vacances_a: bool
    vacances_b: bool
    vacances_c: bool
    ferie: bool
    weekday: str

    @property
    def flags(self) -> tuple[bool, bool, bool, bool]:
        return (self.vacances_a, self.vacances_b, self.vacances_c, self.ferie)


@lru_cache(maxsize=1)
def _school_holidays() -> SchoolHolidayDates:
    return SchoolHolidayDates()


@cache
def day_flags(day: date) -> DayFlags:
    """Return the flags of a day; school holidays are 0 in years that nobody has fixed yet."""
    school = _school_holidays()
    known = school.min_year <= day.year <= school.max_year
    a, b, c = (known and bool(school.is_holiday_for_zone(day, zone)) for zone in "ABC")
    return DayFlags(a, b, c, day in public_holidays(day.year), _WEEKDAYS[day.weekday()])


@cache
def public_holidays(year: int) -> frozenset[date]:
    """French public holidays of a year: eight fixed days, three that follow Easter."""
    fixed = {(1, 1), (5, 1), (5, 8), (7, 14), (8, 15), (11, 1), (11, 11), (12, 25)}
    moving = {easter(year) + timedelta(days=days) for days in (1, 39, 50)}
    return frozenset({date(year, month, day) for month, day in fixed} | moving)


def easter(year: int) -> date:
    """Easter Sunday in the Gregorian calendar."""
    golden, century = year % 19, year // 100
    skipped = century - century // 4 - (8 * century + 13) // 25
    epact = (skipped + 19 * golden + 15) % 30
    epact -= (epact // 28) * (1 - (29 // (epact + 1)) * ((21 - golden) // 11))
    weekday = (year + year // 4 + epact + 2 - century + century // 4) % 7
    offset = epact - weekday
    month = 3 + (offset + 40) // 44
    return date(year, month, offset + 28 - 31 * (month // 4))
