"""What goes wrong in real deliveries, and where the demo puts it when asked for faults.

The faults are in the last published period (`target`), one kind per file, so that each of them can
be looked for by itself; zeros are everywhere, as in the real data.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta

from demo.fluxvision.calendar import Period
from demo.fluxvision.content import DataFile, header, rows
from demo.fluxvision.deliveries import Archive, Delivery, Member, OtherFile
from demo.fluxvision.dialects import PLAIN

ZERO_SHARE = 0.186
_WITH_ZEROS = ("Nuitee_Departement", "Nuitee_Pays", "Diurne_Departement", "Diurne_Pays")
_WITH_OUTAGES = ("Nuitee", "Nuitee_Departement", "Nuitee_Pays")
_OUTAGE_DAYS = (9, 39)  # places in the target period: the collection stood still

# Family and zone of the target period -> what is wrong with that file.
PLACED: dict[tuple[str, str], str] = {
    ("Nuitee", "CABA"): "broken_apostrophe",
    ("Nuitee", "CHATAIGNERAIE"): "broken_accent",
    ("Nuitee", "VAL-TRUYERE"): "broken_accent",
    ("Nuitee", "CANTAL"): "unknown_labels",
    ("Nuitee", "GENTIANE"): "some_days_outside",
    ("Nuitee_Departement", "CANTAL"): "unknown_departement",
    ("Nuitee_Pays", "CANTAL"): "unknown_country",
    ("Nuitee_Pays", "GENTIANE"): "separator_in_name",
    ("SejourDuree", "CANTAL"): "unknown_stay",
    ("LieuActivite_Soir", "CANTAL"): "unknown_commune",
    ("Diurne", "CANTAL"): "duplicates",
    ("Diurne", "HTC"): "ragged",
    ("Diurne", "GENTIANE"): "nul_bytes",
    ("Diurne", "STATION"): "bad_volumes",
    ("Diurne", "CHATAIGNERAIE"): "bad_dates",
    ("Diurne", "PAYS-SAINT-FLOUR"): "mixed_encodings",
    ("Diurne", "VAL-TRUYERE"): "unclosed_quote",
    ("Diurne_Departement", "CABA"): "no_header",
    ("Diurne_Pays", "CABA"): "renamed_header",
    ("SejourDuree", "CABA"): "empty",
    ("SejourDuree_Pays", "CABA"): "header_only",
    ("SejourDuree_Departement", "CABA"): "all_days_outside",
}
TRUNCATED_ZONE, CORRUPTED_ZONE = "CARLADES", "PAYS-DE-MAURIAC"
_BOMB_SIZE = 32 * 1024 * 1024

Records = list[list[str]]


def place(deliveries: list[Delivery], target: Period) -> list[Delivery]:
    """Return the deliveries with the faults in them, and those that are faults themselves."""
    outages = tuple(target.days()[place] for place in _OUTAGE_DAYS)
    placed = [replace(d, content=_spoiled(d.content, target, outages)) for d in deliveries]
    weeks = sorted({d.folder for d in deliveries if d.folder.startswith("hebdo/")})
    if weeks:
        placed = [_spoil_week(delivery, weeks) for delivery in placed]
    published = target.published + timedelta(hours=3)
    placed.extend(
        Delivery(target.delivery_name, member, published) for member in _bad_files(target)
    )
    if weeks:
        last = max(d.published for d in deliveries if d.folder == weeks[-1])
        growing = OtherFile("frequentation_nuitee.csv.filepart", b"Date;VacancesA;Vaca", "growing")
        placed.append(Delivery(weeks[-1], growing, last + timedelta(minutes=1)))
    return placed


def _spoiled(member: Member, target: Period, outages: tuple[date, ...]) -> Member:
    if isinstance(member, Archive):
        members = tuple(_spoiled(inner, target, outages) for inner in member.members)
        return replace(member, members=members, fault=_archive_fault(member.name, target))
    if not isinstance(member, DataFile) or member.provisional:
        return member
    if member.family.name in _WITH_ZEROS:
        member = replace(member, zero_share=ZERO_SHARE)
    if member.period != target or member.version > 1:
        return member
    if member.family.name in _WITH_OUTAGES:
        member = replace(member, outages=outages)
    fault = PLACED.get((member.family.name, member.zones[0].token))
    return replace(member, faults=(fault,), dialect=PLAIN) if fault else member


def _archive_fault(name: str, target: Period) -> str:
    faults = {
        f"{TRUNCATED_ZONE}_{target}.zip": "truncated",
        f"Mobilite_{CORRUPTED_ZONE}_{target}.zip": "corrupted",
    }
    return faults.get(name, "")


def _spoil_week(delivery: Delivery, weeks: list[str]) -> Delivery:
    """A workbook cut short in the first week, communes nobody can tell apart in the last."""
    file = delivery.content
    if not isinstance(file, DataFile):
        return delivery
    if delivery.folder == weeks[0] and file.name == "duree_sejour.xlsx":
        return replace(delivery, content=replace(file, faults=("truncated",)))
    if delivery.folder == weeks[-1] and file.name == "export_mobilite.csv":
        spoiled = replace(file, faults=("ambiguous_communes",), dialect=PLAIN)
        return replace(delivery, content=spoiled)
    return delivery


def _bad_files(target: Period) -> Iterator[Member]:
    """Files that should not have come at all."""
    day = target.first_day.isoformat()
    names = "Date;VacancesA;VacancesB;VacancesC;Ferie;JourDeLaSemaine;ZoneObservation;Provenance;"
    row = f"{names}CategorieVisiteur;Volume\n{day};0;0;0;0;LUNDI;CABA;NonLocal;Touriste;12\n"
    body = row.encode()
    yield Archive(
        "traversee.zip",
        (
            OtherFile(f"../../Nuitee_{target}_INTRUS0.csv", body, "outside"),
            OtherFile(f"/etc/Diurne_{target}_INTRUS0.csv", body, "outside"),
        ),
        "outside",
    )
    bomb = OtherFile(f"Nuitee_{target}_BOMBE0.csv", b"0" * _BOMB_SIZE, "bomb")
    yield Archive("bombe.zip", (bomb,), "bomb")
    yield OtherFile("vide.zip", b"", "empty")
    yield OtherFile(f"CANTAL_{target} (2).zip.part", b"PK\x03\x04", "growing")
    yield OtherFile(f"Inconnue_{target}_CABA0.csv", body, "unknown_family")
    yield OtherFile(f"Nuitee_{target.year}B9_CABA0.csv", body, "bad_period")
    yield OtherFile(f"Nuitee_{target}_CANTAL_TEST.csv", body, "two_tokens")


def spoil(file: DataFile) -> bytes:
    """Return the bytes of a CSV file with its faults."""
    records = [header(file), *rows(file)]
    for fault in file.faults:
        if fault in _ON_RECORDS:
            records = _ON_RECORDS[fault](records)
    lines = [";".join(record).encode("utf-8") for record in records]
    for fault in file.faults:
        if fault in _ON_LINES:
            lines = _ON_LINES[fault](lines)
    return b"".join(line + b"\n" for line in lines)


def _column(name: str, values: dict[int, str]) -> Callable[[Records], Records]:
    """Return a fault that puts values in one column; the key is the data row, from 1 on."""

    def apply(records: Records) -> Records:
        place = records[0].index(name)
        for number, value in values.items():
            if number < len(records):
                records[number][place] = value
        return records

    return apply


def _both(*steps: Callable[[Records], Records]) -> Callable[[Records], Records]:
    def apply(records: Records) -> Records:
        for step in steps:
            records = step(records)
        return records

    return apply


def _broken_apostrophe(records: Records) -> Records:
    """The three ways in which `Pays d'Aurillac` has come out of a wrong conversion."""
    broken = ("Pays d\ufffdAurillac", "PAYS DAURILLAC", "Pays d?Aurillac")
    place = records[0].index("ZoneObservation")
    for number, record in enumerate(records[1:]):
        record[place] = broken[number % 3]
    return records


def _broken_accent(records: Records) -> Records:
    place = records[0].index("ZoneObservation")
    for record in records[1:]:
        starts = record[place].upper().startswith("CH")
        record[place] = "CH?TAIGNERAIE" if starts else "VAL TRUY?RE"
    return records


def _duplicates(records: Records) -> Records:
    """The first ten rows come a second time with another volume: the last one holds."""
    place = records[0].index("Volume")
    again = [list(record) for record in records[1:11]]
    for record in again:
        record[place] = str(int(record[place]) + 7)
    return [*records, *again]


def _shift_days(records: Records, count: int | None) -> Records:
    """Move the first `count` rows (all of them if None) half a year back."""
    place = records[0].index("Date")
    for record in records[1:] if count is None else records[1 : count + 1]:
        day = date.fromisoformat(record[place]) - timedelta(days=183)
        record[place] = day.isoformat()
    return records


def _ragged(lines: list[bytes]) -> list[bytes]:
    """A line too short, one too long, one that is only noise."""
    lines[3] = lines[3].rsplit(b";", 2)[0]
    lines[5] += b";1;2"
    lines.insert(7, b"--- page 2 ---")
    return lines


def _nul_bytes(lines: list[bytes]) -> list[bytes]:
    lines[2] = lines[2].replace(b";", b"\x00;", 1)
    lines[4] = b"\x00" * 40
    return lines


def _mixed_encodings(lines: list[bytes]) -> list[bytes]:
    """UTF-8, then rows pasted from another machine: the file is neither."""
    lines[1] = lines[1].replace(b"NonLocal", "Étranger".encode())
    lines[2] = lines[2].replace(b"Etranger", "Étranger".encode("cp1252"))
    return lines


def _unclosed_quote(lines: list[bytes]) -> list[bytes]:
    fields = lines[-3].split(b";")
    fields[6] = b'"' + fields[6]
    lines[-3] = b";".join(fields)
    return lines


def _separator_in_name(lines: list[bytes]) -> list[bytes]:
    """The separator inside a name, without quotes; and a quote that belongs to nobody."""
    fields = lines[1].split(b";")
    lines[1] = b";".join([*fields[:-2], b"Ocean Indien (La Reunion; Mayotte; TAAF)", fields[-1]])
    fields = lines[2].split(b";")
    lines[2] = b";".join([*fields[:-2], b'Pays-Bas"', fields[-1]])
    return lines


_ON_RECORDS: dict[str, Callable[[Records], Records]] = {
    "broken_apostrophe": _broken_apostrophe,
    "broken_accent": _broken_accent,
    "unknown_labels": _both(
        _column("ZoneObservation", {1: "Zone mystère", 2: "Zone mystère"}),
        _column("Provenance", {5: "Ailleurs"}),
        _column("CategorieVisiteur", {6: "Pèlerin"}),
    ),
    "unknown_departement": _column("NomDepartement", {3: "Haute-Loire-Atlantique"}),
    "unknown_country": _column("Pays", {1: "Syldavie", 3: "Bordurie"}),
    "unknown_stay": _column("DureeSejour", {2: "40 nuits", 4: "longtemps"}),
    "unknown_commune": _column("CodeInseeDiurneSoir", {1: "99999", 2: "1053"}),
    "some_days_outside": lambda records: _shift_days(records, 12),
    "all_days_outside": lambda records: _shift_days(records, None),
    "duplicates": _duplicates,
    "bad_volumes": _column(
        "Volume", {1: "", 2: "-12", 3: "n.d.", 4: "12,5", 5: "1e3", 6: "0", 7: " "}
    ),
    "bad_dates": _column("Date", {1: "", 2: "30/02/2025", 3: "2025-02-30", 4: "hier"}),
    "ambiguous_communes": _both(
        _column("ZoneMobilite", {1: "STE EULALIE", 2: "BERNWILLER", 3: "TRIFOUILLIS LES OIES"}),
        _column("DeptZoneDiurneSoir", {1: "", 2: "Haut-Rhin", 3: "Cantal"}),
    ),
    "renamed_header": _column("Volume", {0: "NbPersonnes"}),
    "no_header": lambda records: records[1:],
    "header_only": lambda records: records[:1],
    "empty": lambda records: [],
}
_ON_LINES: dict[str, Callable[[list[bytes]], list[bytes]]] = {
    "ragged": _ragged,
    "nul_bytes": _nul_bytes,
    "mixed_encodings": _mixed_encodings,
    "unclosed_quote": _unclosed_quote,
    "separator_in_name": _separator_in_name,
}


def target_period(first: Period, last: Period, day: datetime) -> Period:
    """Return the last period that is published on that day, or the first one."""
    period = last
    while period > first and period.published > day:
        number = period.year * 6 + period.number - 2
        period = Period(number // 6, number % 6 + 1)
    return period
