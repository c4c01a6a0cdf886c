"""What a day changes: each kind of change on each day, and what no mark tells."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from demo import sigeti
from demo.sigeti.world import MARKS

Row = dict[str, Any]
DAYS = range(1, 6)


class Day:
    """Two states of the database, and what is between them."""

    def __init__(self, scale: int, number: int) -> None:
        self.number = number
        self.start = sigeti.BASE_DATE + timedelta(days=number)
        self.before = sigeti.content(scale, day=number - 1)
        self.after = sigeti.content(scale, day=number)

    def inserted(self, table: str) -> list[Row]:
        known = self.before.tables[table]
        return [row for key, row in self.after.tables[table].items() if key not in known]

    def deleted(self, table: str) -> list[Row]:
        left = self.after.tables[table]
        return [row for key, row in self.before.tables[table].items() if key not in left]

    def updated(self, table: str) -> list[tuple[Row, Row]]:
        old, new = self.before.tables[table], self.after.tables[table]
        return [(old[key], new[key]) for key in old if key in new and old[key] != new[key]]

    def mark(self, table: str, row: Row) -> datetime:
        marks = MARKS[table]
        assert marks is not None
        moment = row[marks[1]]
        assert isinstance(moment, datetime)
        return moment

    def newest_before(self, table: str) -> datetime:
        return max(self.mark(table, row) for row in self.before.rows(table))


@pytest.fixture(scope="module", params=[(1, day) for day in DAYS] + [(20, 1)])
def day(request: pytest.FixtureRequest) -> Day:
    return Day(*request.param)


@pytest.mark.parametrize(
    "table",
    ["entreprises", "demandes_attribution", "historique_demandes", "factures", "paiement_factures"],
)
def test_rows_come(day: Day, table: str) -> None:
    usual = [row for row in day.inserted(table) if day.mark(table, row) >= day.start]
    assert usual
    assert all(day.mark(table, row) < day.start + timedelta(days=1) for row in usual)


def test_requests_move(day: Day) -> None:
    moved = [new for old, new in day.updated("demandes_attribution")
             if len(new["historique_etapes"]) > len(old["historique_etapes"])]  # fmt: skip
    assert moved
    for request in moved:
        last = request["historique_etapes"][-1]
        assert last["etape"] == request["etape_courante"]


def test_prices_and_companies_change(day: Day) -> None:
    assert any(old["prix"] != new["prix"] for old, new in day.updated("lots"))
    assert any(old["adresse"] != new["adresse"] for old, new in day.updated("entreprises"))


@pytest.mark.parametrize(
    "table", ["detail_factures", "paiement_factures", "demande_attribution_lots"]
)
def test_rows_vanish(day: Day, table: str) -> None:
    assert day.deleted(table)


def test_only_those_vanish(day: Day) -> None:
    kept = set(sigeti.TABLES)
    kept -= {"detail_factures", "paiement_factures", "demande_attribution_lots"}
    assert not any(day.deleted(table) for table in kept)


def test_invoices_are_put_away(day: Day) -> None:
    gone = [
        new for old, new in day.updated("factures") if new["is_deleted"] and not old["is_deleted"]
    ]
    assert gone and all(bill["deleted_at"] >= day.start for bill in gone)
    assert all(bill["version"] > 1 for bill in gone)


@pytest.mark.parametrize("table", ["entreprises", "factures", "paiement_factures"])
def test_a_commit_is_late(day: Day, table: str) -> None:
    """It shows a mark of the day before, below the highest that was there then."""
    late = [row for row in day.inserted(table) if day.mark(table, row) < day.start]
    assert late
    newest = day.newest_before(table)
    for row in late:
        assert timedelta(hours=2) < newest - day.mark(table, row) < timedelta(hours=12)
    known = max(day.before.tables[table])
    assert all(row["id"] > known for row in late)


def test_a_late_commit_updates_too(day: Day) -> None:
    newest = day.newest_before("lots")
    late = [
        new for old, new in day.updated("lots")
        if old["prix"] != new["prix"] and new["updated_at"] < newest
    ]  # fmt: skip
    assert late and all(row["updated_at"] < day.start for row in late)


def test_an_old_invoice_is_paid_late(day: Day) -> None:
    bills = day.before.tables["factures"]
    late = [
        payment
        for payment in day.inserted("paiement_factures")
        if payment["statut"] == "Réussi"
        and payment["facture_id"] in bills
        and payment["date_paiement"] - bills[payment["facture_id"]]["date_creation"]
        > timedelta(days=90)
    ]
    assert late


def test_corrections_that_no_mark_tells(day: Day) -> None:
    kept = [
        old
        for old, new in day.updated("paiement_factures")
        if old["montant"] != new["montant"] and old["updated_at"] == new["updated_at"]
    ]
    older = [
        old
        for old, new in day.updated("demandes_attribution")
        if old["financement"] != new["financement"] and new["updated_at"] < old["updated_at"]
    ]
    assert kept and older


def test_kinds_that_do_not_come_every_day() -> None:
    base, later = sigeti.content(), sigeti.content(day=12)
    for table in ("lots", "collectes", "commissions", "decisions_commission"):
        assert len(later.tables[table]) > len(base.tables[table]), table
    for table, column, value in (
        ("factures", "statut", "Annulée"),
        ("demandes_attribution", "statut", "VALIDE"),
        ("lots", "statut", "occupé"),
    ):
        before, after = (
            sum(row[column] == value for row in world.rows(table)) for world in (base, later)
        )
        assert after > before, value
    sums: dict[int, int] = {}
    for payment in later.rows("paiement_factures"):
        if payment["statut"] == "Réussi":
            sums[payment["facture_id"]] = sums.get(payment["facture_id"], 0) + payment["montant"]
    bills = later.tables["factures"]
    assert any(paid > bills[key]["montant_total"] for key, paid in sums.items())


def test_the_application_lives_on() -> None:
    """After two months there is still something to do, and every reference still holds."""
    world = sigeti.content(day=60)
    bills = world.rows("factures")
    assert sum(bill["statut"] == "En attente" and not bill["is_deleted"] for bill in bills) > 5
    assert any(row["statut"] == "EN_COURS" for row in world.rows("demandes_attribution"))
    assert {row["facture_id"] for row in world.rows("paiement_factures")} <= set(
        world.tables["factures"]
    )
