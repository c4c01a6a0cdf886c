"""Observed zones: what they are called, in which years they are delivered, and how big they are."""

from __future__ import annotations

from dataclasses import dataclass

from demo.fluxvision.calendar import Period


@dataclass(frozen=True)
class Zone:
    """A zone as delivered over some years.

    `token` stands in file names, `labels` are the spellings found inside the files. `rows` weighs
    the number of rows (measured on a weekly file), `nights` the volumes, `ski` tells which season
    the zone follows. `perimeter` names the groups of communes that the zone covers.
    """

    token: str
    labels: tuple[str, ...]
    rows: float
    nights: float
    perimeter: tuple[str, ...]
    first: Period
    last: Period
    ski: bool = False

    def delivered(self, period: Period) -> bool:
        return self.first <= period <= self.last


_ALWAYS = Period(2099, 6)
_2019, _2021, _2022 = Period(2019, 1), Period(2021, 1), Period(2022, 1)
_END_2022, _2023, _LAST_CCSA = Period(2022, 6), Period(2023, 1), Period(2025, 1)
_EVERYWHERE = (
    "CABA", "SAINT_FLOUR", "VAL_TRUYERE", "MAURIAC", "GENTIANE", "CHATAIGNERAIE", "CARLADES",
    "HTC", "STATION", "CCSA", "SALERS",
)  # fmt: skip

# 7 zones in 2019 and 2020, 8 in 2021, 9 in 2022, 12 from 2023, 11 from 2025B2. The perimeters
# changed in 2023: Saint-Flour lost the Truyere valley, the ski resort left Hautes Terres, the
# Gentiane zone lost what became Sumene Artense.
ZONES: tuple[Zone, ...] = (
    Zone("CANTAL", ("Cantal", "CANTAL"), 3033, 14550, _EVERYWHERE, _2019, _ALWAYS),
    Zone(
        "CABA",
        ("CABA", "CA du Bassin d'Aurillac", "Pays d'Aurillac"),
        1571, 2700, ("CABA",), _2019, _ALWAYS,
    ),
    Zone("GENTIANE", ("GENTIANE",), 1500, 1450, ("GENTIANE", "CCSA"), _2019, _END_2022),
    Zone("GENTIANE", ("GENTIANE", "Haut Cantal"), 1345, 1050, ("GENTIANE",), _2023, _ALWAYS),
    Zone(
        "HAUTES-TERRES-COMMUNAUTE", ("Hautes Terres Communauté", "HAUTES TERRES COMMUNAUTE"),
        2000, 2300, ("HTC", "STATION"), _2019, _END_2022,
    ),
    Zone("HTC", ("HTC", "Hautes Terres"), 1842, 1500, ("HTC",), _2023, _ALWAYS),
    Zone(
        "STATION", ("STATION", "Station de ski", "Lioran"),
        877, 1150, ("STATION",), _2019, _ALWAYS, ski=True,
    ),
    Zone(
        "SAINT-FLOUR-COMMUNAUTE", ("Saint-Flour Communauté", "ST FLOUR COMMUNAUTE"),
        2300, 2800, ("SAINT_FLOUR", "VAL_TRUYERE"), _2019, _END_2022,
    ),
    Zone(
        "PAYS-SAINT-FLOUR", ("Pays Saint Flour", "Pays Saint-Flour", "SAINT FLOUR COMMUNAUTE"),
        2009, 2000, ("SAINT_FLOUR",), _2023, _ALWAYS,
    ),
    Zone(
        "CHATAIGNERAIE", ("Châtaigneraie", "CHATAIGNERAIE"),
        2004, 1900, ("CHATAIGNERAIE",), _2019, _ALWAYS,
    ),
    Zone("CARLADES", ("CARLADES", "CC du Carlade", "Carladès"), 1138, 850, ("CARLADES",),
         _2021, _ALWAYS),
    Zone("PAYS-SALERS", ("Pays Salers", "CC du Pays de Salers"), 1120, 1000, ("SALERS",),
         _2022, _ALWAYS),
    Zone("VAL-TRUYERE", ("Val Truyère", "Vallée de la Truyère"), 1303, 800, ("VAL_TRUYERE",),
         _2023, _ALWAYS),
    Zone("PAYS-DE-MAURIAC", ("Pays de Mauriac",), 1008, 900, ("MAURIAC",), _2023, _ALWAYS),
    Zone("CCSA", ("CCSA", "CC Sumène Artense"), 900, 700, ("CCSA",), _2023, _LAST_CCSA),
)  # fmt: skip

# Row counts are stated for the twelve zones of 2023; the weights of a zone are shares of these.
ROWS_OF_2023 = sum(zone.rows for zone in ZONES if zone.delivered(_2023))


def zones_of(period: Period) -> tuple[Zone, ...]:
    """Return the zones that the operator delivers for a period, in the order of the portal."""
    return tuple(zone for zone in ZONES if zone.delivered(period))
