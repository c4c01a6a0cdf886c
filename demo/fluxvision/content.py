"""What is inside one data file: its days, its rows, its text."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from random import Random

from demo.fluxvision.calendar import Period, day_flags, easter
from demo.fluxvision.cells import PROVENANCES, Cell, cells_of, day_count_and_rows
from demo.fluxvision.dialects import (
    BOM,
    Dialect,
    day_fields,
    spell,
    spell_category,
    spell_provenance,
    volume_text,
)
from demo.fluxvision.families import DAY_COLUMNS, Family
from demo.fluxvision.shapes import levels, noise, stable
from demo.fluxvision.zones import Zone

# Saturdays first: they are the last days that a small scale leaves out.
_WEEKDAY_RANK = {5: 0, 2: 1, 6: 2, 4: 3, 0: 4, 3: 5, 1: 6}
_RESTATED = 1.03  # a restatement finds a little more than the first count
_PROVISIONAL = 0.95  # a provisional week misses what comes in late


@dataclass(frozen=True)
class DataFile:
    """One CSV or XLSX file of a family, before it is written.

    `version` is 1 for the first delivery, more for a restatement. `faults` names what is wrong
    with it (see `demo.fluxvision.faults`), nothing unless faults were asked for.
    """

    name: str
    family: Family
    zones: tuple[Zone, ...]
    days: tuple[date, ...]
    seed: int
    scale: float
    dialect: Dialect
    period: Period | None = None
    version: int = 1
    faults: tuple[str, ...] = ()
    zero_share: float = 0.0
    outages: tuple[date, ...] = ()

    @property
    def provisional(self) -> bool:
        return self.period is None

    @property
    def is_workbook(self) -> bool:
        return self.name.endswith(".xlsx")


@dataclass(frozen=True)
class Block:
    """The rows of one zone and day; `volumes` go with `cells`."""

    zone: Zone
    day: date
    cells: tuple[Cell, ...]
    volumes: list[int]


def days_kept(family: Family, zone: Zone, scale: float, days: tuple[date, ...]) -> list[date]:
    """Return the days that the scale keeps; Saturdays, 1 May and Ascension go last."""
    per_week, _ = day_count_and_rows(family, zone, scale)
    if per_week == 7:
        return list(days)
    return [day for day in days if _WEEKDAY_RANK[day.weekday()] < per_week or _is_marked(day)]


def _is_marked(day: date) -> bool:
    return (day.month, day.day) == (5, 1) or day == easter(day.year) + timedelta(days=39)


def blocks(file: DataFile) -> Iterator[Block]:
    """Yield the rows of a file, zone by zone and day by day, without their spelling."""
    provisional = "|semaine" if file.provisional else ""
    factor = _PROVISIONAL if file.provisional else _RESTATED ** (file.version - 1)
    for zone in file.zones:
        cells = cells_of(file.family, zone, file.scale)
        shares = [(cell.provenance, cell.share) for cell in cells]
        totals = [(place, cell.total_of) for place, cell in enumerate(cells) if cell.total_of]
        name = f"{file.seed}|{file.family.name}|{zone.token}|{file.version}{provisional}"
        for day in days_kept(file.family, zone, file.scale, file.days):
            level = [factor * value for value in levels(zone, day, file.family.measure, file.seed)]
            factors = noise(len(shares), stable(f"{name}|{day}"))
            volumes = [
                int(level[prov] * share * factor) + 1
                for (prov, share), factor in zip(shares, factors, strict=True)
            ]
            if file.zero_share or file.outages:
                _blank_out(file, f"{name}|{day}", day, volumes)
            for place, count in totals:
                volumes[place] = sum(volumes[place - count : place])
            yield Block(zone, day, cells, volumes)


def _blank_out(file: DataFile, name: str, day: date, volumes: list[int]) -> None:
    """Put zeros where the collection failed."""
    random = Random(name)
    outage = day in file.outages
    for place in range(len(volumes)):
        if outage or random.random() < file.zero_share:
            volumes[place] = 0


def zone_label(file: DataFile, zone: Zone) -> str:
    """Return how this file spells the zone; one spelling for a whole file."""
    label = zone.labels[stable(f"{file.name}|{file.period}|{zone.token}") % len(zone.labels)]
    if file.dialect.style == "upper":
        return spell(file.dialect, "ZoneObservation", label)
    if file.dialect.style == "loose" and file.dialect.encoding != "iso-8859-1":
        return label.replace("'", "\u2019")
    return label


def header(file: DataFile) -> list[str]:
    """Return the column names in the order of the file."""
    dialect, family = file.dialect, file.family
    columns = list(family.columns)
    if "lieu" in family.details and dialect.place_header:
        place = columns.index(f"EPCIZone{family.place}")
        columns[place] = ("EPCI", "NomEPCI")[dialect.place_header - 1]
        columns[place + 1] = ("CodeInsee", "CodeINSEE")[dialect.place_header - 1]
    labels = [dialect.zone_header, "Provenance", "CategorieVisiteur", *columns]
    parts = {"d": list(DAY_COLUMNS), "l": labels, "v": ["Volume"]}
    return [name for part in dialect.order for name in parts[part]]


def labels_of(file: DataFile, zone: Zone, cells: tuple[Cell, ...]) -> list[list[str]]:
    """Return the spelled labels of each cell: zone, provenance, category, breakdowns."""
    dialect, label = file.dialect, zone_label(file, zone)
    columns = file.family.columns
    return [
        [
            label,
            spell_provenance(dialect, PROVENANCES[cell.provenance]),
            spell_category(dialect, cell.category),
            *(
                spell(dialect, name, value)
                for name, value in zip(columns, cell.values, strict=True)
            ),
        ]
        for cell in cells
    ]


def rows(file: DataFile) -> Iterator[list[str]]:
    """Yield the data rows of a file as lists of text, in the order of its header.

    Slower than `text`, and what `text` is checked against.
    """
    for block in blocks(file):
        parts = {"d": day_fields(file.dialect, block.day.isoformat(), day_flags(block.day))}
        labels = labels_of(file, block.zone, block.cells)
        for label, volume in zip(labels, block.volumes, strict=True):
            parts |= {"l": label, "v": [volume_text(file.dialect, volume)]}
            yield [value for part in file.dialect.order for value in parts[part]]


def text(file: DataFile) -> Iterator[bytes]:
    """Yield the bytes of a CSV file, header first, one piece per zone and day."""
    dialect = file.dialect
    encoding = "utf-8" if dialect.encoding == BOM else dialect.encoding
    first = dialect.separator.join(map(dialect.field, header(file))) + dialect.line_end
    yield first.encode(dialect.encoding)
    cells: tuple[Cell, ...] = ()
    zone: Zone | None = None
    texts: list[str] = []
    for block in blocks(file):
        if block.zone is not zone or block.cells is not cells:
            zone, cells = block.zone, block.cells
            texts = [
                dialect.separator.join(map(dialect.field, labels))
                for labels in labels_of(file, zone, cells)
            ]
        before, middle, after = _frame(dialect, block.day)
        volumes: list[int] | list[str] = block.volumes
        if dialect.volume == "space":
            volumes = [volume_text(dialect, volume) for volume in block.volumes]
        lines = [
            f"{before}{label}{middle}{volume}{after}"
            for label, volume in zip(texts, volumes, strict=True)
        ]
        yield "".join(lines).encode(encoding)


def _frame(dialect: Dialect, day: date) -> tuple[str, str, str]:
    """Return what stands before the labels, between labels and volume, and after the volume."""
    separator = dialect.separator
    fields = day_fields(dialect, day.isoformat(), day_flags(day))
    day_text = separator.join(map(dialect.field, fields))
    quote = '"' if dialect.quoted else ""
    opening = separator + quote
    closing = (".0" if dialect.volume == "float" else "") + quote
    if dialect.order == "dlv":
        return day_text + separator, opening, closing + dialect.line_end
    if dialect.order == "ldv":
        return "", separator + day_text + opening, closing + dialect.line_end
    return "", opening, closing + separator + day_text + dialect.line_end
