"""What the portal delivers, where and when: the whole tree, before anything is written."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from demo.fluxvision import faults, others
from demo.fluxvision.calendar import Period, at, days_between, periods_between, week_name
from demo.fluxvision.content import DataFile
from demo.fluxvision.deliveries import Archive, Delivery, walk
from demo.fluxvision.dialects import DIALECTS, Dialect
from demo.fluxvision.families import CONSOLIDATED, PROVISIONAL, Family
from demo.fluxvision.shapes import stable
from demo.fluxvision.zones import Zone, zones_of

# About 300,000 rows from 2023B1 to 2025B2; scale 1 is the size of the real deliveries.
DEMO_SCALE = 0.003
# About 20 million rows over the same periods, for measurements.
LARGE_SCALE = 0.8
DEMO_FROM, DEMO_TO, DEMO_SEED = "2023B1", "2025B2", 15

# Periods that were counted anew and delivered a second time, all zones or some.
_NEW_FORMAT: dict[Period, tuple[date, tuple[str, ...]]] = {
    **{
        period: (date(2020, 11, 17) + timedelta(days=3 * place), ())
        for place, period in enumerate(periods_between(Period(2019, 1), Period(2020, 2)))
    },
    Period(2023, 1): (date(2023, 11, 30), ("CABA", "HTC", "CARLADES")),
    Period(2024, 2): (date(2024, 12, 5), ("CANTAL",)),
}
_GENTIANE_PATCH = (Period(2023, 3), Period(2023, 4))
_GENTIANE_PATCH_DAY = date(2023, 10, 19)
# Sent a second time, unchanged, with a letter of apology.
_SENT_AGAIN = (Period(2023, 4), "CABA", date(2023, 10, 24))
_WORKBOOKS = ("frequentation_nuitee_int", "duree_sejour")
_CATCH_UP_WEEKS = 4  # each fourth week repeats the week before, restated
_LAST_WEEK_AFTER = timedelta(days=36)  # how long after the last period the demo stands, by default


@dataclass(frozen=True)
class Settings:
    """What was asked for. `day` is the day on which the drop is looked at."""

    first: Period
    last: Period
    scale: float
    seed: int
    day: date
    faults: bool = False


@dataclass(frozen=True)
class Plan:
    """Everything that is in the drop on the day of the settings."""

    settings: Settings
    deliveries: tuple[Delivery, ...]

    def faults(self) -> Iterator[tuple[str, str]]:
        """Yield path and name of each fault that was put in, members after `!`."""
        for delivery in self.deliveries:
            for path, content in walk(delivery.path, delivery.content):
                if isinstance(content, DataFile):
                    yield from ((path, fault) for fault in content.faults)
                elif content.fault:
                    yield path, content.fault

    def data_files(self) -> Iterator[tuple[Delivery, str, DataFile]]:
        """Yield each data file with its delivery and its path, members after `!`."""
        for delivery in self.deliveries:
            for path, content in walk(delivery.path, delivery.content):
                if isinstance(content, DataFile):
                    yield delivery, path, content


def settings(
    first: str = DEMO_FROM,
    last: str = DEMO_TO,
    scale: float = DEMO_SCALE,
    seed: int = DEMO_SEED,
    day: date | None = None,
    faults: bool = False,
) -> Settings:
    """Check what was asked for.

    Raises:
        ValueError: if a period is malformed or comes before the first one, or the scale is not
            positive.
    """
    start, end = Period.parse(first), Period.parse(last)
    if end < start:
        raise ValueError(f"the last period, {end}, comes before the first, {start}")
    if start.year < 2019:
        raise ValueError("the operator's first period is 2019B1")
    if not 0 < scale < 1000:
        raise ValueError(f"the scale must be above 0 and below 1000: {scale}")
    return Settings(start, end, scale, seed, day or end.last_day + _LAST_WEEK_AFTER, faults)


def plan(wanted: Settings) -> Plan:
    """Return the deliveries that are there on the day wanted, in the order they came.

    A later day only adds deliveries: what is there already stays the same, byte for byte.
    """
    everything = [
        *_consolidated(wanted),
        *_restatements(wanted),
        *_sent_again(wanted),
        *_weekly(wanted),
        *(Delivery(*other) for other in others.loose_files(wanted.first, wanted.last)),
    ]
    end_of_day = at(wanted.day, 23, 59)
    there = [delivery for delivery in everything if delivery.published <= end_of_day]
    if wanted.faults:
        target = faults.target_period(wanted.first, wanted.last, end_of_day)
        there = faults.place(there, target)
    there.sort(key=lambda delivery: (delivery.published, delivery.path))
    return Plan(wanted, tuple(there))


def _data_file(
    wanted: Settings, family: Family, period: Period, zone: Zone, version: int = 1
) -> DataFile:
    suffix = version - 1  # the new format counts its files from 1
    stem = f"{family.name}_{period}_{zone.token}"
    pick = stable(f"{wanted.seed}|{stem}|{version}")
    return DataFile(
        name=f"{stem}{suffix}.csv",
        family=family,
        zones=(zone,),
        days=period.days(),
        seed=wanted.seed,
        scale=wanted.scale,
        dialect=DIALECTS[pick % len(DIALECTS)],
        period=period,
        version=version,
    )


def _zone_archive(
    wanted: Settings, period: Period, zone: Zone, name: str, version: int = 1
) -> Archive:
    """The ZIP of a zone: base files, an inner ZIP for mobility, and what nobody loads."""
    files = [_data_file(wanted, family, period, zone, version) for family in CONSOLIDATED]
    base = [file for file in files if not file.family.place]
    places = [file for file in files if file.family.place]
    if period.number == 1 and zone.token == "CANTAL":
        # Three levels: the countries come apart.
        countries = tuple(file for file in places if "pays" in file.family.details)
        rest = tuple(file for file in places if "pays" not in file.family.details)
        inner = Archive(f"Mobilite_Pays_{name}", countries)
        mobility = Archive(f"Mobilite_{name}", (*rest, inner))
    else:
        mobility = Archive(f"Mobilite_{name}", tuple(places))
    ignored = others.ignored_members(period, zone)
    return Archive(name, (*base, mobility, *ignored))


def _consolidated(wanted: Settings) -> Iterator[Delivery]:
    for period in periods_between(wanted.first, wanted.last):
        for place, zone in enumerate(zones_of(period)):
            archive = _zone_archive(wanted, period, zone, f"{zone.token}_{period}.zip")
            published = period.published + timedelta(minutes=7 * place)
            yield Delivery(period.delivery_name, archive, published)


def _restatements(wanted: Settings) -> Iterator[Delivery]:
    """Periods that come again, counted anew: the later delivery holds."""
    for period, (day, tokens) in _NEW_FORMAT.items():
        if not wanted.first <= period <= wanted.last:
            continue
        for place, zone in enumerate(zones_of(period)):
            if not tokens or zone.token in tokens:
                name = f"{zone.token}_{period}_nouveauFormat.zip"
                archive = _zone_archive(wanted, period, zone, name, version=2)
                published = at(day, 14) + timedelta(minutes=7 * place)
                yield Delivery(f"{period.delivery_name} nouveauFormat", archive, published)
    patched = [p for p in _GENTIANE_PATCH if wanted.first <= p <= wanted.last]
    if patched:
        archives = tuple(
            _zone_archive(wanted, period, zone, f"{zone.token}_{period}.zip", version=2)
            for period in patched
            for zone in zones_of(period)
            if zone.token == "GENTIANE"
        )
        patch = Archive("GENTIANE_B3B4_2023.zip", archives)
        yield Delivery("Gentiane B3B4 2023", patch, at(_GENTIANE_PATCH_DAY, 10))


def _sent_again(wanted: Settings) -> Iterator[Delivery]:
    period, token, day = _SENT_AGAIN
    if wanted.first <= period <= wanted.last:
        for zone in zones_of(period):
            if zone.token == token:
                archive = _zone_archive(wanted, period, zone, f"{token}_{period} (1).zip")
                yield Delivery(f"{period.delivery_name} renvoi", archive, at(day, 16))


def _weekly(wanted: Settings) -> Iterator[Delivery]:
    """The ten provisional files of each week, from the second month of the last period on."""
    middle = (wanted.last.first_day + timedelta(days=31)).replace(day=1)
    monday = middle - timedelta(days=middle.weekday())
    week = 1
    while monday + timedelta(days=9) <= wanted.day:
        first = monday - timedelta(days=7 if week % _CATCH_UP_WEEKS == 0 else 0)
        days = tuple(days_between(first, monday + timedelta(days=6)))
        for place, family in enumerate(PROVISIONAL):
            published = at(monday + timedelta(days=9), 6) + timedelta(minutes=2 * place)
            file = _weekly_file(wanted, family, days, monday)
            yield Delivery(f"hebdo/{week_name(monday)}", file, published)
        monday += timedelta(days=7)
        week += 1


def _weekly_file(
    wanted: Settings, family: Family, days: tuple[date, ...], monday: date
) -> DataFile:
    workbook = family.name in _WORKBOOKS
    pick = stable(f"{wanted.seed}|{family.name}|{monday}")
    dialect = Dialect() if workbook else DIALECTS[pick % len(DIALECTS)]
    sunday = days[-1]
    # A zone that the last period no longer has is not counted week by week either.
    zones = zones_of(max(wanted.last, Period(sunday.year, (sunday.month + 1) // 2)))
    return DataFile(
        name=f"{family.name}.{'xlsx' if workbook else 'csv'}",
        family=family,
        zones=zones,
        days=days,
        seed=wanted.seed,
        scale=wanted.scale,
        dialect=dialect,
    )
