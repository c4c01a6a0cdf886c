"""What the database of SIGETI holds at the base date: the counts and shares of the real one."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from itertools import pairwise
from statistics import median
from typing import Any

import pytest

from demo import sigeti
from demo.sigeti.workflow import COURSE, square_metres

Row = dict[str, Any]

# Rows of November 2025; the tables of people have no counts that anybody knows.
COUNTS = {
    "zones_industrielles": 21,
    "domaines_activites": 20,
    "tarifs": 4,
    "entreprises": 35,
    "lots": 52,
    "demandes_attribution": 23,
    "demande_attribution_lots": 32,
    "historique_demandes": 147,
    "commissions": 13,
    "decisions_commission": 13,
    "collectes": 6,
    "collecte_zones": 6,
    "collecte_agents": 12,
    "factures": 42,
    "detail_factures": 36,
    "paiement_factures": 26,
}
FIXED = ("zones_industrielles", "domaines_activites", "tarifs")


@pytest.fixture(scope="module")
def world() -> sigeti.World:
    return sigeti.content()


def counted(rows: list[Row], column: str) -> Counter[Any]:
    return Counter(row[column] for row in rows)


@pytest.mark.parametrize("number", [sigeti.DEMO_SEED, 1, 2])
def test_row_counts_of_the_real_database(number: int) -> None:
    found = {table: len(rows) for table, rows in sigeti.content(1, number).tables.items()}
    assert {table: found[table] for table in COUNTS} == COUNTS
    assert found["agents"] and found["operateurs"]
    assert len(found) == 18


def test_scale_multiplies_what_people_enter() -> None:
    found = {table: len(rows) for table, rows in sigeti.content(scale=4).tables.items()}
    wanted = {table: count * (1 if table in FIXED else 4) for table, count in COUNTS.items()}
    assert {table: found[table] for table in COUNTS} == wanted


def test_the_same_arguments_give_the_same_rows(world: sigeti.World) -> None:
    assert sigeti.content().tables == world.tables
    assert sigeti.content(day=4).tables == sigeti.content(day=4).tables
    other = sigeti.content(seed=sigeti.DEMO_SEED + 1).tables
    assert all(other[table] != world.tables[table] for table in COUNTS if table not in FIXED)


def test_shares_of_invoices_and_payments(world: sigeti.World) -> None:
    bills, payments = world.rows("factures"), world.rows("paiement_factures")
    assert counted(bills, "processus_origine") == {
        "COLLECTE_DROIT": 27,
        "ATTRIBUTION_LOT": 9,
        "Frais de Lamev": 6,
    }
    statuses = {"Payée": 20, "En attente": 17, "Annulée": 3, "Échouée": 1, "Remboursée": 1}
    assert counted(bills, "statut") == statuses
    assert sum(bill["date_paiement"] is not None for bill in bills) == 17
    assert all(bill["statut"] == "Payée" for bill in bills if bill["date_paiement"])
    assert counted(bills, "date_echeance")[None] == 5
    deleted = [bill for bill in bills if bill["is_deleted"]]
    assert len(deleted) == 2 and all(bill["deleted_at"] for bill in deleted)
    modes = {"chèque": 6, "Chèque": 3, "espèces": 4, "carte": 3, None: 10}
    assert counted(payments, "mode_paiement") == modes
    assert counted(payments, "statut") == {"Réussi": 22, "en_attente": 4}


def test_shares_hold_at_scale() -> None:
    bills = sigeti.content(scale=5).rows("factures")
    assert counted(bills, "statut")["Payée"] == 100
    assert sum(bill["date_paiement"] is not None for bill in bills) == 85
    assert counted(bills, "date_echeance")[None] == 25


def test_ranges_and_medians(world: sigeti.World) -> None:
    areas = [square_metres(lot) for lot in world.rows("lots")]
    assert (min(areas), max(areas)) == (25, 80_000)
    assert median(areas) == pytest.approx(16_347, rel=0.05)
    for table, column, low, middle, high in (
        ("lots", "prix", 2e6, 109.7e6, 1e9),
        ("factures", "montant_total", 50e3, 15.5e6, 400e6),
        ("collectes", "montant_a_recouvrer", 5e6, 346e6, 1.32e9),
    ):
        amounts = [row[column] for row in world.rows(table)]
        assert (min(amounts), max(amounts)) == (low, high), column
        assert median(amounts) == pytest.approx(middle, rel=0.15), column
    paid = [row["montant"] for row in world.rows("paiement_factures")]
    assert median(paid) == pytest.approx(300_000, rel=0.05)


def test_the_twelve_steps(world: sigeti.World) -> None:
    requests, history = world.rows("demandes_attribution"), world.rows("historique_demandes")
    statuses = {"EN_COURS": 13, "VALIDE": 5, "REJETE": 2, "DOCUMENTS_REJETES": 3}
    assert counted(requests, "statut") == statuses
    assert {step.source for step in COURSE} == set(range(1, 12))
    actions = counted(history, "action")
    free_text = [action for action in actions if not action.isupper()]
    assert free_text == ["Paiement enregistré avec succès"]
    assert {step.action for step in COURSE} | {"DOCUMENTS_MODIFIES_SOUMIS"} == set(actions)
    for request in requests:
        past = [row for row in history if row["demande_attribution_id"] == request["id"]]
        assert past[0]["action"] == "CREATION_DEMANDE"
        assert past[-1]["etape_destination"] == request["etape_courante"]
        assert past[-1]["statut_apres"] == request["statut"]
        assert (request["etape_courante"] == 12) == (request["statut"] == "VALIDE")
        assert past == sorted(past, key=lambda row: row["date_action"])
        for before, after in pairwise(past):
            assert after["etape_source"] == before["etape_destination"]
            assert after["statut_avant"] == before["statut_apres"]


def test_decisions_are_those_of_the_history(world: sigeti.World) -> None:
    decisions = world.rows("decisions_commission")
    assert counted(decisions, "decision") == {"VALIDE": 12, "REJET": 1}
    noted = {
        (row["demande_attribution_id"], row["date_action"])
        for row in world.rows("historique_demandes")
        if "COMMISSION_INTER" in row["action"]
    }
    assert {(row["demande_attribution_id"], row["date_decision"]) for row in decisions} == noted


def test_reference_tables(world: sigeti.World) -> None:
    tariffs = {row["code"]: row["montant"] for row in world.rows("tarifs")}
    assert tariffs == {
        "FRAIS_DOSSIER": 1_000,
        "RECEPISSE_DEPOT": 60_000,
        "FRAIS_LAMEV": 500_000,
        "FRAIS_TIMBRE": 1_000,
    }
    forms = counted(world.rows("entreprises"), "forme_juridique")
    assert (forms["SA"], forms["SARL"]) == (18, 10)
    assert set(forms) == {"SA", "SARL", "SAS", "SARLU", "EURL"}
    sectors = [row["libelle"] for row in world.rows("domaines_activites")]
    assert sum("test" in label or "essai" in label for label in sectors) == 2
    zones = world.rows("zones_industrielles")
    named = " ".join(zone["libelle"] for zone in zones)
    for place in ("Vridi", "Koumassi", "Akoupé-Zeudji PK24", "Yopougon", "Bouaké"):
        assert place in named
    assert sum(zone["libelle"].startswith("Essai") for zone in zones) == 16
    assert len({zone["code"] for zone in zones}) == 21


@pytest.mark.parametrize(
    ("table", "column", "prefix"),
    [
        ("demandes_attribution", "reference", "DAZI"),
        ("collectes", "reference", "COL"),
        ("factures", "numero_facture", "FAC"),
        ("paiement_factures", "reference_paiement", "PAY"),
    ],
)
def test_references(world: sigeti.World, table: str, column: str, prefix: str) -> None:
    rows = world.rows(table)
    for row in rows:
        assert row[column].startswith(f"{prefix}-{row['created_at'].year}-")
        assert len(row[column]) == len(prefix) + 10
    assert len({row[column] for row in rows}) == len(rows)


def test_dirty_values(world: sigeti.World) -> None:
    lots = world.rows("lots")
    odd = {lot["numero"] for lot in lots if "999" in lot["numero"]}
    assert odd == {"LOT-999", " LOT-999", "LOT -999", "L O T -999"}
    assert counted(lots, "unite_mesure") == {"m2": 49, "ha": 3}
    starts = [campaign["date_debut"] for campaign in world.rows("collectes")]
    assert sum(start > sigeti.BASE_DATE + timedelta(days=60) for start in starts) == 2
    text = {
        table: " ".join(str(row.get(column)) for row in world.rows(table))
        for table, column in (
            ("lots", "description"),
            ("historique_demandes", "commentaire"),
            ("detail_factures", "description"),
            ("zones_industrielles", "description"),
            ("entreprises", "adresse"),
        )
    }
    for table, words in text.items():
        assert "├" in words, table
        assert "\ufffd" not in words
    # A lot may be held and not 'occupé', or held by a person and no company.
    assert any(lot["statut"] == "disponible" and lot["entreprise_id"] for lot in lots)
    assert any(lot["statut"] == "occupé" and not lot["entreprise_id"] for lot in lots)


def test_nothing_is_newer_than_the_base_date(world: sigeti.World) -> None:
    for table, rows in world.tables.items():
        for row in rows.values():
            for column in ("updated_at", "date_modification", "date_action", "date_paiement"):
                if row.get(column):
                    assert row[column] < sigeti.BASE_DATE + timedelta(days=1), (table, column)
            if "created_at" in row:
                assert row["created_at"] <= row["updated_at"], (table, row)


def test_every_reference_finds_its_row() -> None:
    world = sigeti.content(scale=2, day=6)
    for table, column, other in (
        ("lots", "zone_industrielle_id", "zones_industrielles"),
        ("lots", "entreprise_id", "entreprises"),
        ("lots", "operateur_id", "operateurs"),
        ("entreprises", "domaine_activite_id", "domaines_activites"),
        ("demandes_attribution", "entreprise_id", "entreprises"),
        ("demandes_attribution", "lot_id", "lots"),
        ("demandes_attribution", "zone_id", "zones_industrielles"),
        ("demande_attribution_lots", "lot_id", "lots"),
        ("demande_attribution_lots", "demande_attribution_id", "demandes_attribution"),
        ("historique_demandes", "demande_attribution_id", "demandes_attribution"),
        ("decisions_commission", "commission_id", "commissions"),
        ("collecte_zones", "collecte_id", "collectes"),
        ("collecte_agents", "agent_id", "agents"),
        ("factures", "collecte_id", "collectes"),
        ("factures", "entreprise_id", "entreprises"),
        ("detail_factures", "facture_id", "factures"),
        ("paiement_factures", "facture_id", "factures"),
    ):
        known = {None, *world.tables[other]}
        assert {row[column] for row in world.rows(table)} <= known, (table, column)
