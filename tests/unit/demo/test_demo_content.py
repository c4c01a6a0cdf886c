"""What is in the data files: nothing to warn about, every quirk, the right size and shape."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import date, timedelta
from itertools import pairwise

import pytest

from demo import fluxvision
from demo.fluxvision.calendar import Period, day_flags, days_between, easter, public_holidays
from demo.fluxvision.cells import cells_of, communes, countries, departements
from demo.fluxvision.content import DataFile, blocks, days_kept, rows
from demo.fluxvision.content import text as written
from demo.fluxvision.families import CONSOLIDATED
from demo.fluxvision.zones import ZONES, zones_of
from tests.unit.demo.demo_drop import ReadFile, read_back

KNOWN = {
    "Provenance": {"LOCAL", "NONLOCAL", "NON LOCAL", "ETRANGER"},
    "CategorieVisiteur": {
        "TOURISTE", "EXCURSIONNISTE", "EXCURSIONNISTE RECURRENT", "RESIDENT",
        "HABITUELLEMENT PRESENT", "TRANSIT", "TRANSIT NOCTURNE", "RESIDENT EN TRANSIT",
        "TOURISTE EN TRANSIT", "HABITUELLEMENT PRESENT EN TRANSIT",
    },
    "DureeSejour": {
        "1 NUIT", "1 NUITS", "13 NUITS ET PLUS", *(f"{n} NUITS" for n in range(2, 13)),
        *(f"{n}N" for n in range(1, 13)),
    },
    # Display names and raw names of the zones that the observatory knows.
    "Zone": {
        "CABA", "CA DU BASSIN D AURILLAC", "PAYS D AURILLAC", "GENTIANE", "HAUT CANTAL", "HTC",
        "HAUTES TERRES COMMUNAUTE", "HAUTES TERRES", "STATION", "STATION DE SKI", "LIORAN",
        "CARLADES", "CC DU CARLADE", "PAYS SALERS", "CC DU PAYS DE SALERS", "PAYS SAINT FLOUR",
        "SAINT FLOUR COMMUNAUTE", "ST FLOUR COMMUNAUTE", "VAL TRUYERE", "VALLEE DE LA TRUYERE",
        "CANTAL", "CHATAIGNERAIE", "PAYS DE MAURIAC", "CCSA", "CC SUMENE ARTENSE",
    },
}  # fmt: skip
READABLE_VOLUME = re.compile(r"\d+|\d+\.0|\d{1,3}( \d{3})+")


def normal(text: str) -> str:
    """Labels compared without case, accents, apostrophes, hyphens, odd spaces."""
    text = unicodedata.normalize("NFD", text.replace("\u00a0", " ").upper())
    text = "".join(letter for letter in text if not unicodedata.combining(letter))
    return " ".join(re.sub(r"['\u2019-]", " ", text).split())


def zone_of(file: ReadFile) -> set[str]:
    return {normal(label) for label in file.column("ZoneObservation", "Zone")}


def test_every_volume_can_be_read_and_is_positive(files: list[ReadFile]) -> None:
    for file in files:
        for volume in file.column("Volume"):
            plain = volume.replace("\u00a0", " ")
            assert READABLE_VOLUME.fullmatch(plain), (file.path, volume)
            assert float(plain.replace(" ", "")) > 0


def test_every_label_is_known(files: list[ReadFile]) -> None:
    known = dict(KNOWN)
    known["NomDepartement"] = {normal(names[0]) for names, _ in departements()} | {"CUMUL"}
    known["Pays"] = {normal(name) for name, _ in countries()}
    for file in files:
        assert zone_of(file) <= known["Zone"], file.path
        for column in set(known) & set(file.header) - {"Zone"}:
            found = {normal(value) for value in file.column(column)}
            assert found <= known[column], (file.path, column, found - known[column])


def test_all_spellings_of_a_zone_are_known() -> None:
    assert {normal(label) for zone in ZONES for label in zone.labels} <= KNOWN["Zone"]
    assert {normal(zone.token) for zone in ZONES} <= KNOWN["Zone"]


def test_no_row_comes_twice_in_a_file(files: list[ReadFile]) -> None:
    for file in files:
        volume = file.header.index("Volume")
        keys = Counter(
            tuple(normal(value) for place, value in enumerate(row) if place != volume)
            for row in file.rows
        )
        assert max(keys.values()) == 1, file.path


def test_every_day_is_in_the_period_of_the_name(files: list[ReadFile]) -> None:
    for file in files:
        named = re.search(r"_(20\d\dB\d)_", file.name)
        if named:
            period = Period.parse(named[1])
            days = {date.fromisoformat(day) for day in file.column("Date")}
            assert period.first_day <= min(days) <= max(days) <= period.last_day


def test_flags_and_weekdays_tell_the_calendar(files: list[ReadFile]) -> None:
    for file in files:
        for day, ferie, weekday in zip(
            file.column("Date"), file.column("Ferie"), file.column("JourDeLaSemaine"), strict=True
        ):
            flags = day_flags(date.fromisoformat(day))
            assert ferie in (("1", "1.0") if flags.ferie else ("0", "o", "0.0"))
            assert flags.weekday.startswith(normal(weekday)[:3])


def test_rows_have_as_many_values_as_the_header(files: list[ReadFile]) -> None:
    for file in files:
        assert {len(row) for row in file.rows} == {len(file.header)}, file.path


def test_codes_of_communes_keep_their_zeros(files: list[ReadFile]) -> None:
    known = {commune.code_insee for commune in communes()}
    found = {
        code
        for file in files
        if file.name.startswith("Lieu")
        for name in file.header
        if name.lower().startswith("codeinsee")
        for code in file.column(name)
    }
    assert {"01053", "2A004", "15014"} <= found <= known


def test_nights_are_there_for_every_zone_and_day(plan: fluxvision.Plan) -> None:
    seen: dict[str, set[date]] = defaultdict(set)
    for _, _, file in plan.data_files():
        if file.family.name == "Nuitee":
            for block in blocks(file):
                wanted = {("TOURISTE", 1), ("TOURISTE", 2)}
                assert wanted <= {(cell.category, cell.provenance) for cell in block.cells}
                seen[block.zone.token].add(block.day)
    days = set(days_between(date(2025, 1, 1), date(2025, 4, 30)))
    assert all(seen[zone.token] == days for zone in zones_of(Period(2025, 2)))


def test_details_add_up_to_their_total() -> None:
    file = a_file("Nuitee_Departement", scale=0.2)
    for block in blocks(file):
        for place, cell in enumerate(block.cells):
            if cell.total_of:
                details = range(place - cell.total_of, place)
                assert block.volumes[place] == sum(block.volumes[detail] for detail in details)
                assert {block.cells[detail].category for detail in details} == {cell.category}


@pytest.mark.parametrize(
    ("quirk", "where"),
    [
        ("UTF-8 with BOM", lambda file: file.body.startswith(b"\xef\xbb\xbf")),
        ("Windows-1252 or ISO-8859-1", lambda file: not is_utf_8(file.body)),
        ("typographic apostrophe", lambda file: b"\x92" in file.body),
        ("no-break space", lambda file: "\u00a0" in "".join(map("".join, file.rows))),
        ("comma", lambda file: b"Date,VacancesA" in file.body),
        ("tab", lambda file: b"Date\tVacancesA" in file.body),
        ("CRLF", lambda file: b"\r\n" in file.body),
        ("quotes", lambda file: b'"Volume"' in file.body),
        ("the letter o for 0", lambda file: "o" in file.column("Ferie")),
        ("flags as floats", lambda file: "0.0" in file.column("Ferie")),
        ("volumes as floats", lambda file: file.column("Volume")[0].endswith(".0")),
        ("short weekdays", lambda file: "SAM" in file.column("JourDeLaSemaine")),
        ("another order of columns", lambda file: file.header[-1] != "Volume"),
        ("Zone for ZoneObservation", lambda file: "Zone" in file.header),
        ("EPCI", lambda file: "EPCI" in file.header and "CodeInsee" in file.header),
        ("NomEPCI", lambda file: "NomEPCI" in file.header and "CodeINSEE" in file.header),
        ("CUMUL", lambda file: "CUMUL" in file.column("NomDepartement", "Provenance")),
        ("1N", lambda file: "1N" in file.column("DureeSejour", "Provenance")),
        ("1 NUITS", lambda file: "1 NUITS" in file.column("DureeSejour", "Provenance")),
        ("Non local", lambda file: "Non local" in file.column("Provenance")),
        ("NonLocal", lambda file: "NonLocal" in file.column("Provenance")),
        ("NONLOCAL", lambda file: "NONLOCAL" in file.column("Provenance")),
        ("ST FLOUR", lambda file: "ST FLOUR" in file.column("ZoneMobilite", "Provenance")),
        ("workbook", lambda file: file.name.endswith(".xlsx")),
    ],
)
def test_quirks_are_in_the_normal_deliveries(
    files: list[ReadFile], quirk: str, where: object
) -> None:
    assert callable(where)
    assert any(where(file) for file in files), quirk


def is_utf_8(body: bytes) -> bool:
    try:
        body.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def test_the_rest_of_the_world_has_its_label() -> None:
    cells = cells_of(CONSOLIDATED[1], zones_of(Period(2025, 1))[0], 1.0)
    names = {cell.values[0] for cell in cells}
    assert {"Z_Autre 97", "CUMUL", "Puy-de-Dôme"} <= names


def test_a_workbook_holds_what_the_file_would(plan: fluxvision.Plan, files: list[ReadFile]) -> None:
    read = {file.path: file for file in files}
    for _, path, file in plan.data_files():
        if file.is_workbook:
            assert read[path].rows == list(rows(file))


@pytest.mark.parametrize("pick", range(40))
def test_written_text_is_the_rows(plan: fluxvision.Plan, pick: int) -> None:
    file = [f for _, _, f in plan.data_files() if not f.is_workbook][pick * 13]
    read = read_back(file.name, b"".join(written(file)))
    assert read.rows == list(rows(file))


def test_the_demo_has_about_300_000_rows() -> None:
    total = row_count(fluxvision.settings())
    assert 280_000 <= total <= 330_000


def test_scale_1_is_the_real_size() -> None:
    """A weekly file of day visitors by department has some 17,563 rows, the Cantal 3,033."""
    weekly = a_file("Diurne_Departement", scale=1.0)
    large = row_count(fluxvision.settings(scale=fluxvision.LARGE_SCALE))
    assert 19_500_000 < large < 21_500_000
    week = [block for block in blocks(weekly) if block.day < date(2025, 1, 8)]
    assert 2700 <= sum(len(block.cells) for block in week) <= 3400


def test_volumes_follow_season_weekday_and_zone() -> None:
    def nights(token: str, first: date, last: date, *weekdays: int) -> float:
        file = a_file("Nuitee", token, tuple(days_between(first, last)))
        found = [
            volume
            for block in blocks(file)
            if not weekdays or block.day.weekday() in weekdays
            for cell, volume in zip(block.cells, block.volumes, strict=True)
            if (cell.provenance, cell.category) == (1, "TOURISTE")
        ]
        return sum(found) / len(found)

    august = nights("CANTAL", date(2024, 8, 1), date(2024, 8, 31))
    november = nights("CANTAL", date(2024, 11, 1), date(2024, 11, 30))
    year = nights("CANTAL", date(2024, 1, 1), date(2024, 12, 31))
    assert 2.0 < august / year < 3.0
    assert 0.4 < november / year < 0.8
    saturdays = nights("CANTAL", date(2024, 1, 1), date(2024, 12, 31), 5)
    assert 1.1 < saturdays / year < 1.35
    snow = nights("STATION", date(2024, 2, 1), date(2024, 2, 29))
    assert snow > nights("STATION", date(2024, 11, 1), date(2024, 11, 30))
    assert year > nights("CABA", date(2024, 1, 1), date(2024, 12, 31))


def test_holidays_are_those_of_the_law() -> None:
    assert [easter(year) for year in (2019, 2024, 2025, 2049)] == [
        date(2019, 4, 21), date(2024, 3, 31), date(2025, 4, 20), date(2049, 4, 18),
    ]  # fmt: skip
    assert date(2025, 5, 29) in public_holidays(2025)
    assert len(public_holidays(2024)) == 11
    assert day_flags(date(2099, 8, 1)).vacances_a is False  # not fixed yet, and no failure


def a_file(
    family: str, token: str = "CANTAL", days: tuple[date, ...] = (), scale: float = 0.003
) -> DataFile:
    wanted = fluxvision.settings("2025B1", "2025B1", scale=scale, day=date(2025, 3, 30))
    for _, _, file in fluxvision.plan(wanted).data_files():
        if file.family.name == family and file.zones[0].token == token:
            return DataFile(
                file.name, file.family, file.zones, days or file.days, 15, scale, file.dialect,
                file.period,
            )  # fmt: skip
    raise AssertionError(family)


def row_count(wanted: fluxvision.Settings) -> int:
    return sum(_counts(fluxvision.plan(wanted)))


def _counts(plan: fluxvision.Plan) -> Iterator[int]:
    for _, _, file in plan.data_files():
        for zone in file.zones:
            kept = days_kept(file.family, zone, file.scale, file.days)
            yield len(kept) * len(cells_of(file.family, zone, file.scale))


def test_a_small_scale_keeps_the_same_days_each_year() -> None:
    family, zone = CONSOLIDATED[1], zones_of(Period(2025, 1))[3]
    kept = days_kept(family, zone, 0.0001, tuple(days_between(date(2024, 6, 1), date(2024, 7, 31))))
    assert {day.weekday() for day in kept} == {5}
    assert max(b - a for a, b in pairwise(kept)) == timedelta(days=7)
