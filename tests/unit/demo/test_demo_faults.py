"""What `--faults` puts in, and that it puts it nowhere else."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import pytest
from python_calamine import CalamineError, CalamineWorkbook

from demo import fluxvision
from demo.fluxvision.content import blocks
from demo.fluxvision.faults import PLACED, ZERO_SHARE
from tests.unit.demo.demo_drop import files_below

Faulty = tuple[fluxvision.Plan, Path]


def member(faulty: Faulty, family: str, token: str) -> bytes:
    """Return the bytes of one member of the last period."""
    path = faulty[1] / "B2 2025" / f"{token}_2025B2.zip"
    with zipfile.ZipFile(path) as archive:
        if family.startswith("Lieu"):
            inner = archive.read(f"Mobilite_{token}_2025B2.zip")
            archive = zipfile.ZipFile(io.BytesIO(inner))
        return archive.read(f"{family}_2025B2_{token}0.csv")


def column(body: bytes, name: str) -> list[str]:
    lines = body.decode("utf-8").splitlines()
    place = lines[0].split(";").index(name)
    return [line.split(";")[place] for line in lines[1:]]


def test_there_are_none_unless_asked_for(plan: fluxvision.Plan) -> None:
    assert list(plan.faults()) == []


def test_every_fault_is_placed(faulty: Faulty) -> None:
    faults = {fault for _, fault in faulty[0].faults()}
    assert faults >= set(PLACED.values()) | {
        "truncated", "corrupted", "bomb", "outside", "growing", "empty", "unknown_family",
        "bad_period", "two_tokens", "ambiguous_communes",
    }  # fmt: skip


def test_nothing_else_changes_but_zeros(faulty: Faulty, drop: Path, plan: fluxvision.Plan) -> None:
    clean, spoiled = files_below(drop), files_below(faulty[1])
    touched = {path.split("!", 1)[0] for path, _ in faulty[0].faults()}
    weekly = [name for name in clean if name.startswith("hebdo/") and name not in touched]
    assert weekly
    assert all(clean[name] == spoiled[name] for name in weekly)


def test_a_transfer_that_broke_leaves_no_readable_zip(faulty: Faulty) -> None:
    with pytest.raises(zipfile.BadZipFile):
        zipfile.ZipFile(faulty[1] / "B2 2025" / "CARLADES_2025B2.zip")
    with zipfile.ZipFile(faulty[1] / "B2 2025" / "PAYS-DE-MAURIAC_2025B2.zip") as outer:
        assert outer.testzip() is None
        body = outer.read("Mobilite_PAYS-DE-MAURIAC_2025B2.zip")
    with pytest.raises(zipfile.BadZipFile), zipfile.ZipFile(io.BytesIO(body)) as inner:
        for name in inner.namelist():
            inner.read(name)


def test_a_bomb_is_small_on_disk(faulty: Faulty) -> None:
    path = faulty[1] / "B2 2025" / "bombe.zip"
    with zipfile.ZipFile(path) as archive:
        assert archive.infolist()[0].file_size > 500 * path.stat().st_size


def test_members_try_to_leave_the_folder(faulty: Faulty) -> None:
    with zipfile.ZipFile(faulty[1] / "B2 2025" / "traversee.zip") as archive:
        assert {name.rsplit("/", 1)[0] for name in archive.namelist()} == {"../..", "/etc"}


def test_a_workbook_is_cut_short(faulty: Faulty) -> None:
    body = (faulty[1] / "hebdo/2025-S14/duree_sejour.xlsx").read_bytes()
    with pytest.raises((CalamineError, zipfile.BadZipFile)):
        CalamineWorkbook.from_filelike(io.BytesIO(body))


def test_zeros_are_as_many_as_in_real_data(faulty: Faulty) -> None:
    volumes = column_of_all(faulty, "Nuitee_Departement")
    assert ZERO_SHARE - 0.05 < volumes.count("0") / len(volumes) < ZERO_SHARE + 0.10


def column_of_all(faulty: Faulty, family: str) -> list[str]:
    found = []
    for _, _, file in faulty[0].data_files():
        if file.family.name == family and not file.faults:
            found += [str(volume) for block in blocks(file) for volume in block.volumes]
    return found


def test_two_days_have_no_volume_at_all(faulty: Faulty) -> None:
    for _, _, file in faulty[0].data_files():
        if file.name == "Nuitee_2025B2_PAYS-SALERS0.csv":
            silent = {block.day for block in blocks(file) if not any(block.volumes)}
            assert len(silent) == 2


@pytest.mark.parametrize(
    ("family", "token", "name", "expected"),
    [
        ("Nuitee", "CABA", "ZoneObservation", "Pays d\ufffdAurillac"),
        ("Nuitee", "CABA", "ZoneObservation", "PAYS DAURILLAC"),
        ("Nuitee", "CHATAIGNERAIE", "ZoneObservation", "CH?TAIGNERAIE"),
        ("Nuitee", "VAL-TRUYERE", "ZoneObservation", "VAL TRUY?RE"),
        ("Nuitee", "CANTAL", "ZoneObservation", "Zone mystère"),
        ("Nuitee", "CANTAL", "Provenance", "Ailleurs"),
        ("Nuitee", "CANTAL", "CategorieVisiteur", "Pèlerin"),
        ("Nuitee", "GENTIANE", "Date", "2024-08-30"),
        ("Nuitee_Departement", "CANTAL", "NomDepartement", "Haute-Loire-Atlantique"),
        ("Nuitee_Pays", "CANTAL", "Pays", "Syldavie"),
        ("SejourDuree", "CANTAL", "DureeSejour", "40 nuits"),
        ("LieuActivite_Soir", "CANTAL", "CodeInseeDiurneSoir", "1053"),
        ("Diurne", "STATION", "Volume", "-12"),
        ("Diurne", "STATION", "Volume", "12,5"),
        ("Diurne", "STATION", "Volume", ""),
        ("Diurne", "CHATAIGNERAIE", "Date", "2025-02-30"),
    ],
)
def test_wrong_values_are_there(
    faulty: Faulty, family: str, token: str, name: str, expected: str
) -> None:
    assert expected in column(member(faulty, family, token), name)


def test_wrong_lines_are_there(faulty: Faulty) -> None:
    ragged = member(faulty, "Diurne", "HTC").splitlines()
    assert {line.count(b";") for line in ragged} == {9, 7, 11, 0}
    assert b"\x00" in member(faulty, "Diurne", "GENTIANE")
    assert member(faulty, "SejourDuree", "CABA") == b""
    assert member(faulty, "SejourDuree_Pays", "CABA").count(b"\n") == 1
    assert not member(faulty, "Diurne_Departement", "CABA").startswith(b"Date")
    assert b"NbPersonnes" in member(faulty, "Diurne_Pays", "CABA")
    assert member(faulty, "Diurne", "VAL-TRUYERE").count(b'"') == 1
    assert b"(La Reunion; Mayotte; TAAF)" in member(faulty, "Nuitee_Pays", "GENTIANE")
    with pytest.raises(UnicodeDecodeError):
        member(faulty, "Diurne", "PAYS-SAINT-FLOUR").decode("utf-8")
    lines = member(faulty, "Diurne", "CANTAL").splitlines()
    keys = [line.rsplit(b";", 1)[0] for line in lines]
    assert len(keys) - len(set(keys)) == 10


def test_a_commune_cannot_be_told_by_its_name(faulty: Faulty) -> None:
    body = (faulty[1] / "hebdo/2025-S22/export_mobilite.csv").read_bytes()
    assert column(body, "ZoneMobilite")[:3] == [
        "STE EULALIE", "BERNWILLER", "TRIFOUILLIS LES OIES",
    ]  # fmt: skip
    assert column(body, "DeptZoneDiurneSoir")[0] == ""
