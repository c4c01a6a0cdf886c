"""Files that come along and that nobody loads: other families, maps, pictures."""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterator
from datetime import date, datetime

from demo.fluxvision.calendar import Period, at, periods_between
from demo.fluxvision.deliveries import OtherFile
from demo.fluxvision.families import IGNORED
from demo.fluxvision.zones import Zone, zones_of


def ignored_members(period: Period, zone: Zone) -> tuple[OtherFile, ...]:
    """Return the members of a zone's ZIP that are not loaded; the department has them all."""
    families = IGNORED if zone.token == "CANTAL" else IGNORED[:1]
    day = period.first_day.isoformat()
    files = [
        OtherFile(
            f"{family}_{period}_{zone.token}0.csv",
            f"Date;ZoneObservation;Indicateur;Volume\n{day};{zone.token};{family};120\n".encode(),
        )
        for family in families
    ]
    if zone.token == "CANTAL":
        weekly = f"Semaine;ZoneObservation;Volume\n{period.year}-S01;{zone.token};4200\n"
        files.append(OtherFile(f"Nuitee_semaine_{period}_{zone.token}0.csv", weekly.encode()))
    return tuple(files)


def loose_files(first: Period, last: Period) -> Iterator[tuple[str, OtherFile, datetime]]:
    """Yield folder, file and publication of the national tables, maps and pictures."""
    parameters = OtherFile("ADT_15_param_dept.csv", b"dept;libelle\n15;Cantal\n")
    yield "", parameters, at(first.published.date(), 7)
    for period in periods_between(first, last):
        published = at(period.published.date(), 12)
        national = f"Annee;Bimestre;Volume\n{period.year};{period.number};1000000\n"
        yield (
            period.delivery_name,
            OtherFile(f"TourismeNational_{period}.csv", national.encode()),
            published,
        )
        carbon = f"Dept;Periode;tCO2e\n15;{period};1500\n"
        name = f"Dept_15_Indicateurs_Deplacements_Impacts_Carbone_{period}.csv"
        yield period.delivery_name, OtherFile(name, carbon.encode()), published
        if period.number == 1:
            year = period.year
            when = at(date(year, 4, 8), 9)
            yield f"Cartes {year}", OtherFile(f"Zones_{year}.png", _picture()), when
            yield f"Cartes {year}", OtherFile(f"Zones_{year}.geojson", _map(period)), when
        if period.number == 4:
            folder = f"TTE Festival de rue {period.year}"
            yield folder, OtherFile(f"Affluence_{period.year}.png", _picture()), published


def _map(period: Period) -> bytes:
    features = [
        {"type": "Feature", "properties": {"zone": zone.token}, "geometry": None}
        for zone in zones_of(period)
    ]
    return json.dumps({"type": "FeatureCollection", "features": features}).encode()


def _picture() -> bytes:
    """Return a PNG of one grey point."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        check = zlib.crc32(kind + body).to_bytes(4, "big")
        return len(body).to_bytes(4, "big") + kind + body + check

    size = (1).to_bytes(4, "big") * 2
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", size + bytes([8, 0, 0, 0, 0]))
        + chunk(b"IDAT", zlib.compress(b"\x00\x80"))
        + chunk(b"IEND", b"")
    )
