"""How volumes move: season, weekday, school holidays, zones.

The shapes are those measured on a year of mobile-phone data of two neighbouring departments
(month and weekday indexes, mean of 1); the levels of the zones are ours.
"""

from __future__ import annotations

from datetime import date, timedelta
from functools import cache, lru_cache
from random import Random
from zlib import crc32

from demo.fluxvision.calendar import day_flags, easter
from demo.fluxvision.zones import Zone

LOCAL, NONLOCAL, ETRANGER = range(3)

# January to December; the second shape is that of a ski resort.
_MONTHS = (0.39, 0.47, 0.59, 0.82, 0.90, 1.02, 2.10, 2.48, 1.01, 0.87, 0.59, 0.73)
_SKI_MONTHS = (0.95, 1.10, 0.83, 0.62, 0.62, 0.85, 1.71, 2.06, 0.90, 0.62, 0.37, 0.95)
_WEEKDAYS = (0.95, 0.93, 0.94, 0.97, 1.09, 1.20, 0.90)
_EXCURSION_WEEKDAYS = (0.85, 0.86, 0.92, 0.90, 0.98, 1.20, 1.29)
_SHARES = (1.10, 0.74, 0.26)  # residents beside visitors; French and foreign among visitors
_YEARLY_GROWTH = 1.02
_HOLIDAY_GAIN = 0.05  # for each of the zones A, B, C that is on holiday
_NOISE_LENGTH = 4096


@lru_cache(maxsize=1)
def noise_table() -> tuple[float, ...]:
    """Factors around 1 that make neighbouring rows differ; the same on every machine."""
    random = Random("noise")
    return tuple(random.lognormvariate(0, 0.15) for _ in range(_NOISE_LENGTH))


def noise(length: int, start: int) -> tuple[float, ...]:
    """Return `length` factors of the noise table, from `start` on, going round."""
    table, start = noise_table(), start % _NOISE_LENGTH
    if start + length <= _NOISE_LENGTH:
        return table[start : start + length]
    return (table * (length // _NOISE_LENGTH + 2))[start : start + length]


def stable(text: str) -> int:
    """A number that depends on the text only, the same in every process."""
    return crc32(text.encode("utf-8"))


@cache
def levels(zone: Zone, day: date, measure: str, seed: int) -> tuple[float, float, float]:
    """Return the visitors of a zone and day for LOCAL, NONLOCAL and ETRANGER.

    `measure` is `nuit` (nights of tourists) or `jour` (day visitors).
    """
    flags = day_flags(day)
    months = _SKI_MONTHS if zone.ski else _MONTHS
    season = months[day.month - 1]
    holidays = 1 + _HOLIDAY_GAIN * sum(flags.flags[:3])
    growth = _YEARLY_GROWTH ** (day.year - 2023)
    chance = 0.94 + 0.12 * (stable(f"{seed}|{zone.token}|{day}") % 1000) / 1000
    if measure == "nuit":
        weekday = _WEEKDAYS[day.weekday()]
    else:
        season = 0.6 * season + 0.6  # people go out for a day all the year round
        weekday = _EXCURSION_WEEKDAYS[day.weekday()] * (1.4 if flags.ferie else 1.0)
    visitors = zone.nights * growth * season * weekday * holidays * chance * _feast(day)
    foreign = 1.2 if day.month in (7, 8) else 0.9
    return (
        zone.nights * _SHARES[LOCAL] * (0.97 + 0.05 * chance),
        visitors * _SHARES[NONLOCAL],
        visitors * _SHARES[ETRANGER] * foreign,
    )


def _feast(day: date) -> float:
    """Long weekends fill the beds: Easter, Ascension and Pentecost."""
    since_easter = day - easter(day.year)
    long_weekends = (range(-2, 1), range(39, 43), range(47, 50))
    return 1.25 if any(since_easter // timedelta(days=1) in days for days in long_weekends) else 1.0
