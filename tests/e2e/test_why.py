"""`entrepot why` as a user calls it: names and labels, other facts, what a build has not seen.

That file and rule are the right ones is tests/e2e/test_withdraw.py's.
"""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.support.house import DERIVED, House
from tests.support.inbox import Inbox, Put
from tests.support.nuitee import HEADER, nights, zipped

pytestmark = pytest.mark.e2e

FIRST = 1_709_251_200  # 2024-03-01
HOUR = 3600
NAME = "Nuitee_2024B1_CABA0.csv"
CABA = ("--zone", "CABA", "--date", "2024-01-01")


def why(house: House, *arguments: str, code: int = 0) -> str:
    done = house.entrepot("why", *arguments, codes=(code,))
    assert all(len(line) <= 80 for line in done.out.splitlines()), done.said
    if code:
        assert done.out == ""
        assert len(done.err.splitlines()) == 1, done.said
    return done.out + done.err


def told(house: House, *arguments: str) -> dict[str, Any]:
    answer: dict[str, Any] = json.loads(house.entrepot("why", *arguments, "--json").out)
    return answer


def land(
    house: House, inbox: Inbox, path: str, content: bytes, mtime: int = FIRST, code: int = 0
) -> None:
    inbox.put(Put(path, content, mtime))
    house.ingest("--select", "fluxvision", codes=(code,))


def test_a_figure_is_explained_before_and_after_the_build(house: House) -> None:
    inbox = Inbox(house.inbox)
    rows = f"{HEADER}\n2024-01-01;CABA;LOCAL;TOURISTE;12\n2024-01-01;CABA;LOCAL;TOURISTE;zwölf\n"
    ragged = "2024-01-01;CABA\n2024-01-02;CABA;LOCAL;TOURISTE;0\n"
    # More lines rejected than its table tolerates.
    land(house, inbox, "B1.zip", zipped({NAME: (rows + ragged).encode()}), code=1)
    land(house, inbox, "hebdo/frequentation_nuitee.csv", nights(7), FIRST + HOUR)
    said = why(house, "fait_nuitees", *CABA)
    # No build has read either: they are asked themselves.
    assert "fait_nuitees has no row." in said
    assert "The last build has not seen all of this" in said
    assert "'consolidated beats provisional'" in said

    house.run_models(DERIVED)
    said = why(house, "fait_nuitees", *CABA)
    assert f"fait_nuitees has 1 row, volume 12, from B1.zip!{NAME}." in said
    assert "not seen all of this" not in said
    assert "next best: hebdo/frequentation_nuitee.csv" in said
    assert "rejects, slice: unreadable volume: 1" in said
    assert "rejects, slice: volume not positive" not in said  # another day
    assert "rejects, file: " in said
    run = house.value("select distinct _run_id from raw_fluxvision.nuitee")
    assert f"by run {run}" in said
    assert "mart_tourisme_frequentation_jour" in said

    [one] = told(house, "fait_nuitees", *CABA)["slices"]
    assert (one["zone"], one["rule"], one["is_due"]) == (
        *("PAYS_AURILLAC", "consolidated beats provisional"),
        False,
    )
    assert one["fact_now"]["volume"] == 12
    assert [file["kind"] for file in one["files"]] == ["consolidated", "provisional"]

    # A version that replaces it, landed and not built: what is, and what will be.
    land(house, inbox, f"new/{NAME}", nights(5, 6), FIRST + 2 * HOUR)
    said = why(house, "fait_nuitees", *CABA)
    assert f"volume 12, from B1.zip!{NAME}." in said
    assert f"the next one reads it from\nnew/{NAME}." in said
    assert f"not read, superseded by new/{NAME}" in said
    house.entrepot("withdraw", f"new/{NAME}", "--reason", "of last year")
    [one] = told(house, "fait_nuitees", *CABA)["slices"]
    assert one["is_due"] is False
    assert [(file["path"], file["rule"]) for file in one["files"]] == [
        (f"B1.zip!{NAME}", "consolidated beats provisional"),
        ("hebdo/frequentation_nuitee.csv", "consolidated beats provisional"),
        (f"new/{NAME}", "withdrawn"),
    ]
    assert one["files"][2]["reason"] == "of last year"
    # The weekly file is what `fait_provisoires` holds, whoever won.
    [weekly] = told(house, "fait_provisoires", *CABA, "--family", "nuitee")["slices"]
    assert (weekly["read_from"], weekly["rule"]) == (
        "hebdo/frequentation_nuitee.csv",
        "only candidate",
    )
    assert (weekly["fact_now"]["volume"], weekly["is_due"]) == (7, False)

    dry = house.entrepot("withdraw", "B1.zip", "--reason", "x", "--dry-run", "--json").out
    assert json.loads(dry)["moves"] == [
        {
            "what": "nuitee",
            "where": "PAYS_AURILLAC",
            "first_day": "2024-01-01",
            "last_day": "2024-01-01",
            "slices": 1,
            "to": "hebdo/frequentation_nuitee.csv",
            "is_counted": False,
        },
        {
            "what": "nuitee",
            "where": "PAYS_AURILLAC",
            "first_day": "2024-01-02",
            "last_day": "2024-01-02",
            "slices": 1,
            "to": None,
            "is_counted": False,
        },
    ]
    # What the weekly file said goes from `fait_provisoires`, though the slice is read from another.
    weekly = ("withdraw", "frequentation_nuitee.csv", "--reason", "x", "--dry-run")
    [move] = json.loads(house.entrepot(*weekly, "--json").out)["moves"]
    assert (move["what"], move["first_day"], move["to"]) == ("nuitee, weekly", "2024-01-01", None)


def test_a_zone_is_known_by_code_name_and_label_and_a_place_by_its_family(house: House) -> None:
    inbox = Inbox(house.inbox)
    land(house, inbox, "Nuitee_2024B1_MYSTERE0.csv", nights(3, zone="Zone Mystère"))
    places = "Date;ZoneObservation;Provenance;CategorieVisiteur;Volume;CodeInseeNuiteeSoir\n"
    soir = f"{places}2024-01-01;CABA;LOCAL;TOURISTE;4;15014\n".encode()
    land(house, inbox, "LieuNuitee_Soir_2024B1_CABA0.csv", soir)
    veille = soir.replace(b"Soir", b"Veille").replace(b";4;", b";5;")
    land(house, inbox, "LieuNuitee_Veille_2024B1_CABA0.csv", veille)
    house.run_models(DERIVED)
    day = ("--date", "2024-01-01")
    for zone in (
        "pays_aurillac",
        "PAYS D'AURILLAC",
        "ca du bassin d\u2019Aurillac",
        "PAYS DAURILLAC",
    ):
        [one] = told(house, "fait_lieux", "--zone", zone, *day, "--family", "nuitee_soir")["slices"]
        assert (one["zone"], one["family"], one["fact_now"]["volume"]) == (
            *("PAYS_AURILLAC", "lieu_nuitee_soir"),
            4,
        ), zone
    both = told(house, "fait_lieux", "--zone", "CABA", *day)["slices"]
    assert [(one["family"], one["fact_now"]["volume"]) for one in both] == [
        ("lieu_nuitee_soir", 4),
        ("lieu_nuitee_veille", 5),
    ]
    said = why(house, "fait_nuitees", "--zone", "zone mystere", *day)
    assert "Note: no seed knows the label ZONE MYSTERE" in said
    assert "volume 3" in said
    said = why(house, "fait_nuitees", "--zone", "LIORAN", *day)
    assert "No file that has landed has this slice." in said


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("fait_nuites",), "near it: fait_nuitees"),
        (("xyz",), "there are fait_"),
        (("fait_nuitees", "--date", "2024-01-01"), "explained by --zone"),
        (("fait_nuitees", "--zone", "CABA"), "explained by --date"),
        (("fait_nuitees", "--zone", "CABA", "--date", "13/07/2024"), "not a day"),
        (("fait_nuitees", "--zone", "CARLADE", "--date", "2024-01-01"), "near it: CARLADES"),
        (("fait_nuitees", "--zone", "???", "--date", "2024-01-01"), "no zone is called so"),
        (("fait_lieux", *CABA, "--family", "diurne"), "it has lieu_nuitee_soir"),
        (("fait_sejours_duree_pays", *CABA), "no file of its tables has been delivered"),
        (("fait_session_production", "--date", "2025-05-28"), "explained by --machine"),
        (
            ("fait_session_production", "--machine", "DEM21", "--date", "2025-05-28"),
            "no machine is called so; there are DEM12",
        ),
        (("fait_paiements",), "explained by --key (its id_paiement)"),
        (("fait_paiements", "--key", "1,2"), "cannot hold this"),
        (("fait_paiements", "--key", "1", "--key", "2"), "write its value"),
        (("fait_paiements", "--key", "abc"), "cannot hold this"),
    ],
)
def test_what_cannot_be_explained_is_one_line(
    house: House, arguments: tuple[str, ...], words: str
) -> None:
    assert words in why(house, *arguments, code=2)


def test_a_row_of_a_database_is_explained_by_its_key(house: House) -> None:
    assert "fait_paiements has 0 rows of it." in why(house, "fait_paiements", "--key", "42")
    house.call_sql(
        "insert into dwh_facts.fait_paiements (id_paiement, code_entreprise, cle_entreprise,"
        " code_zone_industrielle, date_encaissement, mode_paiement, statut_paiement,"
        " montant_paiement, cumul_encaisse, est_confirme, est_en_attente, paiement_complet,"
        " paiement_partiel, created_at, _run_id) values (42, 'E', 'E', 'Z', '2024-01-01', 'CARTE',"
        " 'REUSSI', 1, 1, true, false, false, false, now(), 'run-of-the-row')",
        "insert into etl.run_log (run_id, source, table_name, step, status, rows) values"
        " ('run-of-the-row', 'sigeti', 'paiement_factures', 'load', 'ok', 3),"
        " ('a-later-one', 'sigeti', 'paiement_factures', 'load', 'ok', 0),"
        " ('a-later-one', 'sigeti', 'factures', 'load', 'ok', 1)",
    )
    said = why(house, "fait_paiements", "--key", "id_paiement=42")
    assert "Its values came with run run-of-the-row" in said
    assert "of that run, 3 rows changed" in said
    assert "sigeti.factures" in said
    assert "mart_" in said
    answer = told(house, "fait_paiements", "--key", "42")
    assert (answer["rows"], answer["run_id"]) == (1, "run-of-the-row")
    tables = {load["table"]: load["is_of_the_row"] for load in answer["loads"]}
    assert (tables["sigeti.paiement_factures"], tables["sigeti.factures"]) == (True, False)
