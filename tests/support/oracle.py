"""What the facts must hold, calculated in plain Python straight from the delivered files.

Written from rules 1 to 3 of docs/rules.md, not from the SQL: names -> contents -> versions ->
slices -> rows. Slow and simple on purpose.
"""

from __future__ import annotations

import csv
import datetime
import hashlib
import io
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase

from tests.support import familles
from tests.support.familles import BY_PROVISIONAL, BY_STEM, UNKNOWN, Famille
from tests.support.inbox import Event, Ruling

CONSOLIDATED_NAME = re.compile(
    r"^(?P<stem>[a-z_]+?)_(?P<period>20\d\db[1-6])_(?P<zone>[^_]+?)\d*$", re.IGNORECASE
)
VOLUME = re.compile(r"^-?(\d+|\d{1,3}([ \u00a0\u202f]\d{3})+)(\.0+)?$")
REQUIRED = {"Date", "ZoneObservation", "Provenance", "CategorieVisiteur", "Volume"}

Slice = tuple[str, str, datetime.date]  # family, zone, day
Grain = tuple[str, ...]  # origin, category, then the details of the family


def normalised(label: str) -> str:
    """Labels are compared without case, accents, apostrophes, hyphens, double or hard spaces."""
    label = re.sub("['\u2019\u00a0\u202f-]", " ", label)
    plain = unicodedata.normalize("NFD", label)
    plain = "".join(letter for letter in plain if not unicodedata.combining(letter))
    return " ".join(plain.upper().split())


def _codes(spellings: Mapping[str, str]) -> dict[str, str]:
    return {normalised(label): code for label, code in spellings.items()}


ZONES = _codes(familles.ZONES)
KNOWN_ZONES = {label for label, code in ZONES.items() if code != UNKNOWN}
PROVENANCES = _codes(familles.PROVENANCES)
CATEGORIES = _codes(familles.CATEGORIES)
DEPARTEMENTS = _codes(familles.DEPARTEMENTS)
PAYS = _codes(familles.PAYS)
DUREES = _codes(familles.DUREES)
COMMUNE_NAMES = _codes(familles.COMMUNE_NAMES)


@dataclass
class Version:
    """One content of one logical file: what it claims, what it says, when and where it came."""

    family: Famille
    provisional: bool
    logical_name: str
    sha256: str
    landed_rows: int = 0  # records that have the fields of the header
    claims: set[tuple[str, datetime.date]] = field(default_factory=set)
    rows: dict[tuple[str, datetime.date], Counter[Grain]] = field(default_factory=dict)
    # (delivery time, path, moment at which it was seen there) of each copy
    copies: dict[str, tuple[int, str, int]] = field(default_factory=dict)
    # A person withdrew its deliveries up to this one.
    until: int | None = None

    @property
    def is_withdrawn(self) -> bool:
        return self.until is not None and max(self.copies.values())[0] <= self.until

    @property
    def file_id(self) -> str:
        """As docs/landing.md has it: made from the logical name and the hash of the content."""
        key = f"fluxvision.{self.table}|{self.logical_name}|{self.sha256}"
        return hashlib.sha256(key.encode()).hexdigest()[:20]

    @property
    def table(self) -> str:
        """The raw table that its rows land in."""
        return str(self.family.provisional) if self.provisional else self.family.name

    @property
    def rank(self) -> tuple[int, str, int, str]:
        """Later delivery wins; then the greater path, the later sight of one path, the hash."""
        return (*max(self.copies.values()), self.sha256)


def parse(path: str, content: bytes) -> Version | None:
    """Read one delivered file; None when it is none of ours or must be refused."""
    name = path.replace("!", "/").rsplit("/", 1)[-1]
    stem, _, extension = name.rpartition(".")
    if extension.lower() not in ("csv", "txt"):
        return None
    digest = hashlib.sha256(content).hexdigest()
    weekly = BY_PROVISIONAL.get(stem.lower())
    matched = CONSOLIDATED_NAME.match(stem)
    if weekly is not None:
        version = Version(weekly, True, str(weekly.provisional), digest)
    elif matched and matched["stem"].lower() in BY_STEM:
        family = BY_STEM[matched["stem"].lower()]
        period, zone = matched["period"].upper(), matched["zone"].upper()
        version = Version(family, False, f"{family.name}/{period}/{zone}", digest)
    else:
        return None
    records = _records(content)
    if records is None:
        return None
    days = [day for record in records if (day := _day(record["Date"])) is not None]
    if matched and weekly is None and not any(_in_period(day, matched["period"]) for day in days):
        return None
    _fill(version, records)
    return version


def _records(content: bytes) -> list[dict[str, str]] | None:
    """The records that have as many fields as the header; None without a proper header."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = content.decode("cp1252")
    first = text.split("\n", 1)[0]
    separator = max(";,\t", key=first.count)
    lines = [line for line in csv.reader(io.StringIO(text), delimiter=separator) if line]
    if not lines or not set(lines[0]) >= REQUIRED:
        return None
    header = lines[0]
    return [dict(zip(header, line, strict=True)) for line in lines[1:] if len(line) == len(header)]


def _day(text: str) -> datetime.date | None:
    if not re.fullmatch(r"\d{4}-\d\d-\d\d", text.strip()):
        return None
    try:
        return datetime.date.fromisoformat(text.strip())
    except ValueError:
        return None


def _in_period(day: datetime.date, period: str) -> bool:
    year, half = int(period[:4]), int(period[-1])
    return day.year == year and (day.month + 1) // 2 == half


def _volume(text: str) -> int | None:
    if not VOLUME.match(text.strip()):
        return None
    return int(re.sub(r"[ \u00a0\u202f]", "", text.strip().split(".")[0]))


def _fill(version: Version, records: list[dict[str, str]]) -> None:
    """Claim slices; of the usable rows with the same labels and day, the last one holds."""
    version.landed_rows = len(records)
    kept: dict[tuple[str, ...], dict[str, str]] = {}
    for record in records:
        day, zone = _day(record["Date"]), normalised(record["ZoneObservation"])
        if day is None or not zone:
            continue
        version.claims.add((ZONES.get(zone, UNKNOWN), day))
        volume = _volume(record["Volume"])
        if volume is not None and volume > 0:
            kept[(str(day), zone, *_labels(version, record))] = record
    for record in kept.values():
        if "CUMUL" in _labels(version, record):
            continue
        day = _day(record["Date"])
        assert day is not None
        zone = ZONES.get(normalised(record["ZoneObservation"]), UNKNOWN)
        amount = _volume(record["Volume"])
        assert amount is not None
        counted = version.rows.setdefault((zone, day), Counter())
        counted[_grain(version, record)] += amount


def _labels(version: Version, record: dict[str, str]) -> tuple[str, ...]:
    """The labels of a row besides zone and day, as they are compared."""
    found = [record["Provenance"], record["CategorieVisiteur"]]
    for detail in version.family.details:
        if detail == "departement":
            found.append(record["NomDepartement"])
        elif detail == "pays":
            found.append(record["Pays"])
        elif detail == "duree":
            found.append(record["DureeSejour"] or record["DureeSejourNum"])
        elif version.provisional:
            found.append(record["ZoneMobilite"])
        else:
            place = version.family.place
            found += [record[f"{part}{place}"] for part in ("EPCIZone", "CodeInsee", "Zone")]
    return tuple(normalised(label) for label in found)


def _grain(version: Version, record: dict[str, str]) -> Grain:
    """The codes that a row falls under, in the order of the fact's key."""
    found = [
        PROVENANCES.get(normalised(record["Provenance"]), UNKNOWN),
        CATEGORIES.get(normalised(record["CategorieVisiteur"]), UNKNOWN),
    ]
    for detail in version.family.details:
        if detail == "departement":
            found.append(DEPARTEMENTS.get(normalised(record["NomDepartement"]), UNKNOWN))
        elif detail == "pays":
            found.append(PAYS.get(normalised(record["Pays"]), UNKNOWN))
        elif detail == "duree":
            label = record["DureeSejour"] or record["DureeSejourNum"]
            found.append(DUREES.get(normalised(label), UNKNOWN))
        else:
            found += _place(version, record)
    return tuple(found)


def _place(version: Version, record: dict[str, str]) -> list[str]:
    """EPCI and commune of a row: by INSEE code; in the weekly file by name, in its department.

    That file does not tell the department: it is that of the zone, and an unknown zone has none.
    """
    if version.provisional:
        known = normalised(record["ZoneObservation"]) in KNOWN_ZONES
        commune = COMMUNE_NAMES.get(normalised(record["ZoneMobilite"]), UNKNOWN)
        commune = commune if known else UNKNOWN
    else:
        commune = record[f"CodeInsee{version.family.place}"].strip()
        commune = commune if commune in familles.COMMUNES else UNKNOWN
    if commune == UNKNOWN:
        return [UNKNOWN, UNKNOWN]
    return [familles.COMMUNES[commune][2], commune]


def versions(events: Iterable[Event]) -> list[Version]:
    """Every readable content of every logical file, with its copies and what a person said of it.

    Content that is sent again takes the re-sending's delivery time; at one path it is as new as the
    moment at which it last came back there.
    """
    return _read(events)[0]


def meant(ruling: Ruling, events: Iterable[Event]) -> list[Version]:
    """The versions that a ruling means after these events."""
    return ruled(ruling, _read(events)[1])


def _read(events: Iterable[Event]) -> tuple[list[Version], dict[str, list[Version]]]:
    """The versions, and by path those that were read there, the last one last."""
    found: dict[tuple[str, str], Version] = {}
    lying: dict[str, bytes] = {}  # path -> what lies there
    at_path: dict[str, list[Version]] = {}
    for seen in events:
        if isinstance(seen, Ruling):
            for version in ruled(seen, at_path):
                latest = max(version.copies.values())[0]
                version.until = None if seen.undo else latest
            continue
        came_back = lying.get(seen.path) != seen.content
        lying[seen.path] = seen.content
        version = parse(seen.path, seen.content)
        if version is None:
            continue
        version = found.setdefault((version.logical_name, version.sha256), version)
        known = version.copies.get(seen.path)
        moment = seen.moment if came_back or known is None else known[2]
        time = max(seen.mtime, known[0]) if known else seen.mtime
        version.copies[seen.path] = (time, seen.path, moment)
        if came_back:
            at_path.setdefault(seen.path, []).append(version)
    return list(found.values()), at_path


def ruled(ruling: Ruling, at_path: Mapping[str, Sequence[Version]]) -> list[Version]:
    """The versions that a ruling means: of each path that it names what was read there last."""
    exact = [path for path in at_path if ruling.wanted in _names(path)]
    glob = ruling.wanted.lower()
    paths = exact or [
        path for path in at_path if any(fnmatchcase(name.lower(), glob) for name in _names(path))
    ]
    by_id = [v for own in at_path.values() for v in own if v.file_id == ruling.wanted]
    meant = [v for path in paths for v in at_path[path][-1 if not ruling.every_version else 0 :]]
    return list({id(version): version for version in by_id or meant}.values())


def _names(path: str) -> tuple[str, ...]:
    """What a delivered file may be called: its path, that of its ZIP, and their last parts."""
    outer = path.split("!")[0]
    return (path, outer, path.replace("!", "/").split("/")[-1], outer.split("/")[-1])


def active(found: Iterable[Version]) -> list[Version]:
    """Of the versions of a consolidated file the latest; every weekly delivery. Not what a person
    withdrew."""
    latest: dict[str, Version] = {}
    kept = []
    for version in found:
        if version.is_withdrawn:
            continue
        if version.provisional:
            kept.append(version)
        elif version.logical_name not in latest or (
            version.rank > latest[version.logical_name].rank
        ):
            latest[version.logical_name] = version
    return [*kept, *latest.values()]


def claimants(found: Iterable[Version]) -> dict[Slice, list[Version]]:
    """The files that count and have each slice, the one that it is read from first: consolidated
    beats provisional, then the rank."""
    claims: dict[Slice, list[Version]] = {}
    for version in active(found):
        for zone, day in version.claims:
            claims.setdefault((version.family.name, zone, day), []).append(version)
    for own in claims.values():
        own.sort(key=lambda version: (not version.provisional, version.rank), reverse=True)
    return claims


def elected(found: Iterable[Version]) -> dict[Slice, Version]:
    """The file that each slice is read from."""
    return {key: own[0] for key, own in claimants(found).items()}


# What tells the best of two files apart, in the order in which it is looked at.
RULES = (
    *("consolidated beats provisional", "later delivery", "greater path"),
    *("later version", "greater hash"),
)


def rule(own: Sequence[Version]) -> str:
    """By which rule the first of the files that have a slice is read, and not the next best."""
    if len(own) == 1:
        return "only candidate"
    best, next_best = ((not version.provisional, *version.rank) for version in own[:2])
    return next(name for name, a, b in zip(RULES, best, next_best, strict=True) if a != b)


def provisional_volumes(
    sightings: Iterable[Event],
) -> dict[tuple[datetime.date, str, str, str, str], tuple[int, str]]:
    """What the weekly files said, whoever won: (day, zone, family, origin, category) -> volume."""
    found: dict[tuple[datetime.date, str, str, str, str], tuple[int, str]] = {}
    weekly = [version for version in versions(sightings) if version.provisional]
    for (family, zone, day), version in elected(weekly).items():
        for grain, volume in version.rows.get((zone, day), Counter()).items():
            key = (day, zone, family, grain[0], grain[1])
            found[key] = (found.get(key, (0, ""))[0] + volume, version.sha256)
    return found


FactRow = tuple[datetime.date, str, Grain, str | None]


def facts(sightings: Iterable[Event]) -> dict[str, dict[FactRow, tuple[int, bool, str]]]:
    """Fact -> (day, zone, grain, kind of place) -> (volume, provisional?, sha256 of the file)."""
    found: dict[str, dict[FactRow, tuple[int, bool, str]]] = {
        family.fact: {} for family in familles.FAMILLES.values()
    }
    for (_, zone, day), version in elected(versions(sightings)).items():
        rows = found[version.family.fact]
        for grain, volume in version.rows.get((zone, day), Counter()).items():
            key = (day, zone, grain, version.family.type_lieu)
            rows[key] = (volume, version.provisional, version.sha256)
    return found
