"""A file is known by its own name, wherever it lies."""

from __future__ import annotations

from datetime import date

import pytest

from ingest.files.errors import NamingConflict
from ingest.files.naming import (
    Ignored,
    Named,
    Naming,
    Pending,
    own_folder,
    own_name,
    period_days,
)

TABLES = {
    "nuitee": ["Nuitee_{periode}_{zone}"],
    "nuitee_departement": ["Nuitee_Departement_{periode}_{zone}"],
    "lieu_activite_soir": ["LieuActivite_Soir_{periode}_{zone}"],
    "frequentation_nuitee": ["frequentation_nuitee"],
    "frequentation_nuitee_fr": ["frequentation_nuitee_fr"],
}
IGNORE = {"*semaine*": "weekly variant", "*_Regions_*": "aggregated from departments"}
NAMING = Naming(TABLES, IGNORE)


@pytest.mark.parametrize(
    ("path", "table", "logical_name"),
    [
        ("Nuitee_2024B1_CABA0.csv", "nuitee", "nuitee/2024B1/CABA"),
        ("B1 2024/x.zip!y/nUITEE_2024b1_caba12.CSV", "nuitee", "nuitee/2024B1/CABA"),
        ("B1\\Nuitee_2024B1_CABA.txt", "nuitee", "nuitee/2024B1/CABA"),
        ("Nuitee_2024B1_Pays d’Aurillac0.csv", "nuitee", "nuitee/2024B1/PAYS D AURILLAC"),
        ("Nuitee_2024B1_Châtaigneraie0.csv", "nuitee", "nuitee/2024B1/CHATAIGNERAIE"),
        ("Nuitee_2024B1_Cha\u0302taigneraie0.csv", "nuitee", "nuitee/2024B1/CHATAIGNERAIE"),
        ("Nuitee_2024B1_15.csv", "nuitee", "nuitee/2024B1/15"),
        ("Nuitee_Departement_2019B6_HTC0.csv", "nuitee_departement", None),
        ("LieuActivite_Soir_2024B1_HTC0.csv", "lieu_activite_soir", None),
        ("hebdo/frequentation_nuitee.xlsx", "frequentation_nuitee", "frequentation_nuitee"),
        ("frequentation_nuitee_fr.csv", "frequentation_nuitee_fr", None),
    ],
)
def test_names_of_tables(path: str, table: str, logical_name: str | None) -> None:
    found = NAMING.judge(path)
    assert isinstance(found, Named)
    assert found.table == table
    assert logical_name in (None, found.logical_name)


@pytest.mark.parametrize(
    "path",
    [
        "Nuitee_2024B1_CABA_0.csv",  # two tokens after the period
        "Nuitee_2024B1_.csv",
        "Nuitee_2024B7_CABA0.csv",
        "Nuitee_1999B1_CABA0.csv",
        "Nuitee_Pays_2024B1_CABA0.csv",
        "xNuitee_2024B1_CABA0.csv",
        "LieuActivite_Soir_Region_2024B1_CABA0.csv",
        "frequentation_nuitee_2.csv",
        "frequentation_nuitee.csv.csv",
    ],
)
def test_names_of_no_table(path: str) -> None:
    assert NAMING.judge(path) == Ignored("no table has files of this name")


@pytest.mark.parametrize(
    ("path", "reason"),
    [
        ("Nuitee_Semaine_2024B1_CABA0.csv", "weekly variant"),
        ("Nuitee_2024B1_semaine0.csv", "weekly variant"),
        ("Nuitee_Regions_2024B1_CABA0.csv", "aggregated from departments"),
        ("carte.png", "not a table: .png"),
        ("README", "not a table"),
        (".DS_Store", "not a table"),
        ("a.zip!x.csv.tmp", "not a table: .tmp"),
        ("__MACOSX/._Nuitee_2024B1_CABA0.csv", "no table has files of this name"),
    ],
)
def test_what_is_ignored_has_its_reason(path: str, reason: str) -> None:
    assert NAMING.judge(path) == Ignored(reason)


def test_the_folder_or_archive_does_not_make_a_file_ignored() -> None:
    assert isinstance(NAMING.judge("semaine 12.zip!Nuitee_2024B1_CABA0.csv"), Named)


@pytest.mark.parametrize("suffix", [".part", ".filepart", ".TMP"])
def test_a_name_of_an_unfinished_upload_is_pending(suffix: str) -> None:
    found = NAMING.judge(f"B1/zone.zip{suffix}")
    assert isinstance(found, Pending)
    assert suffix.lower() in found.reason


def test_two_tables_of_one_name_are_a_fault_of_the_catalog() -> None:
    with pytest.raises(NamingConflict, match="nuitee and copie both claim"):
        Naming(
            {**TABLES, "copie": ["{zone}_{periode}_CABA{zone}"]}
            | {"copie": ["NUITEE_2024B1_caba0"]},
            {},
        )
    late = Naming({"a": ["x_{zone}"], "b": ["{zone}_y"]}, {})
    with pytest.raises(NamingConflict, match="a and b"):
        late.judge("x_y.csv")
    assert NAMING.judge("frequentation_nuitee.csv")


def test_a_table_may_have_two_patterns_for_one_name() -> None:
    naming = Naming({"a": ["x_{zone}", "x_CABA0"]}, {})
    assert isinstance(naming.judge("x_CABA0.csv"), Named)


def test_an_unknown_placeholder_is_refused() -> None:
    with pytest.raises(ValueError, match=r"\{period\}"):
        Naming({"a": ["x_{period}"]}, {})


def test_periods_are_two_months() -> None:
    assert period_days("2024B1") == (date(2024, 1, 1), date(2024, 2, 29))
    assert period_days("2023B6") == (date(2023, 11, 1), date(2023, 12, 31))
    with pytest.raises(ValueError, match="2023B7"):
        period_days("2023B7")


def test_own_name() -> None:
    assert own_name("a/b.zip!c\\d.csv") == "d.csv"
    assert own_folder("a/b.zip!c\\d.csv") == "c"
    assert own_folder("a/b.ZIP!d.csv") == "a"
    assert own_folder("b.zip!inner.zip!d.csv") == own_folder("d.csv") == ""


LOGS = Naming(
    {"lignes_log": ["{dossier}/{jour}{suite}"], **TABLES},
    {"*sauve*": "a backup"},
    {"lignes_log": [".log"]},
)


@pytest.mark.parametrize(
    ("path", "folder", "logical_name"),
    [
        ("DEM12/20250528.LOG", "DEM12", "lignes_log/DEM12/20250528"),
        ("2025/x/dem12/20250528.log", "dem12", "lignes_log/DEM12/20250528"),
        ("DEM12 (PVC)/20250528_2.Log", "DEM12 (PVC)", "lignes_log/DEM12 (PVC)/20250528_2"),
        ("DEM12/logs.zip!20250528 soir.LOG", "DEM12", "lignes_log/DEM12/20250528 SOIR"),
        ("logs.zip!x\\SU12\\20250528.LOG", "SU12", "lignes_log/SU12/20250528"),
        ("Débit/20250528.LOG", "Débit", "lignes_log/DEBIT/20250528"),
    ],
)
def test_a_file_of_lines_is_known_by_its_folder_and_its_day(
    path: str, folder: str, logical_name: str
) -> None:
    found = LOGS.judge(path)
    assert isinstance(found, Named)
    assert (found.table, found.folder, found.logical_name) == ("lignes_log", folder, logical_name)
    assert (found.day, found.year) == ("20250528", 2025)
    assert (found.period, found.zone) == (None, None)


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("20250528.LOG", Ignored("it lies in no folder, and its table needs the name of one")),
        (
            "x.zip!20250528.LOG",
            Ignored("it lies in no folder, and its table needs the name of one"),
        ),
        ("machine.LOG", Ignored("no table has files of this name")),
        ("DEM12/20251328.LOG", Ignored("no table has files of this name")),
        ("DEM12/x20250528.LOG", Ignored("no table has files of this name")),
        ("DEM12/20250528_sauvegarde.LOG", Ignored("a backup")),
        # What has a header is no log, and the other way about.
        ("DEM12/20250528.csv", Ignored("no table has files of this name")),
        ("DEM12/20250528.txt", Ignored("no table has files of this name")),
        ("Nuitee_2024B1_CABA0.log", Ignored("no table has files of this name")),
        ("DEM12/20250528.old", Ignored("not a table: .old")),
        ("DEM12/20250528.LOG.part", Pending("the name ends in .part: still being uploaded")),
    ],
)
def test_what_is_no_file_of_lines_has_its_reason(path: str, expected: object) -> None:
    assert LOGS.judge(path) == expected


def test_tables_of_records_beside_lines_are_known_as_ever() -> None:
    found = LOGS.judge("DEM12/Nuitee_2024B1_CABA0.csv")
    assert isinstance(found, Named) and found.logical_name == "nuitee/2024B1/CABA"
    assert (found.folder, found.day, found.year) == (None, None, 2024)
    assert isinstance(NAMING.judge("x.log"), Ignored)


def test_tables_of_one_name_and_other_extensions_do_not_meet() -> None:
    patterns = {"a": ["{jour}{suite}"], "b": ["{dossier}/{jour}"]}
    naming = Naming(patterns, {}, {"a": [".log"], "b": [".trace"]})
    found = naming.judge("x/20250528.TRACE")
    assert isinstance(found, Named) and found.table == "b"
    with pytest.raises(NamingConflict, match="a and b"):
        Naming(patterns, {}, {"a": [".log"], "b": [".trace", ".log"]})


def test_a_pattern_names_one_folder_at_most() -> None:
    with pytest.raises(ValueError, match="one folder"):
        Naming({"a": ["x/{dossier}/{jour}"]}, {})
