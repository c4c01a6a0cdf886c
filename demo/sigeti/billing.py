"""Invoices, their lines and payments; campaigns that recover the dues of a zone.

An invoice comes from a campaign (COLLECTE_DROIT), from a request (ATTRIBUTION_LOT: the deposit fee,
later a first share of the price) or from its letter ("Frais de Lamev"). Dues and prices bear 18 %
of tax, fees none: `sous_total` is without tax. The status is what a clerk sees: an invoice may be
'Payée' with no payment date, and its payment still `en_attente`.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from demo.sigeti.reference import TARIFFS
from demo.sigeti.shapes import double_encoded
from demo.sigeti.world import Row, World

TAX = 0.18
FIRST_SHARE = 0.3  # of the price of the lots, at signature
MOST = 400_000_000  # no invoice is greater


def invoice(
    world: World,
    at: datetime,
    origin: str,
    total: int,
    lines: Sequence[tuple[str, int]] = (),
    *,
    due_days: int | None = 30,
    **links: Any,
) -> Row:
    """A new invoice with its lines (label, amount without tax)."""
    taxed = not all(label in TARIFFS for label, _ in lines) or not lines
    row = world.insert(
        "factures",
        at,
        numero_facture=world.reference("FAC", at),
        date_creation=at,
        date_echeance=None if due_days is None else at + timedelta(days=due_days),
        date_paiement=None,
        montant_total=total,
        sous_total=round(total / (1 + TAX)) if taxed else total,
        statut="En attente",
        entreprise_id=links.get("entreprise_id"),
        processus_origine=origin,
        demande_attribution_id=links.get("demande_attribution_id"),
        collecte_id=links.get("collecte_id"),
        ayant_droit_id=None,
        purge_id=None,
        version=1,
        is_deleted=False,
        deleted_at=None,
    )
    for label, amount in lines:
        add_line(world, row, label, amount, at)
    return row


def add_line(world: World, bill: Row, label: str, amount: int, at: datetime) -> Row:
    """A line of an invoice; its label is the tariff's where it is one."""
    text = TARIFFS[label][0] if label in TARIFFS else label
    return world.insert(
        "detail_factures",
        at,
        facture_id=bill["id"],
        # One in seven went through a console's code page.
        description=double_encoded(text) if bill["id"] % 7 == 3 else text,
        quantite=1,
        prix_unitaire=amount,
        montant=amount,
        montant_ligne=amount,
    )


def _for_request(request: Row) -> dict[str, Any]:
    return {"demande_attribution_id": request["id"], "entreprise_id": request["entreprise_id"]}


def _tariffs(*codes: str) -> list[tuple[str, int]]:
    return [(code, TARIFFS[code][1]) for code in codes]


def bill_deposit(world: World, request: Row, at: datetime) -> Row:
    """Invoice the file and its receipt: 61,000 FCFA."""
    lines = _tariffs("FRAIS_DOSSIER", "RECEPISSE_DEPOT")
    total = sum(amount for _, amount in lines)
    return invoice(world, at, "ATTRIBUTION_LOT", total, lines, **_for_request(request))


def bill_letter(world: World, request: Row, at: datetime) -> Row:
    """Invoice the letter of attribution and its stamp: 501,000 FCFA."""
    lines = _tariffs("FRAIS_LAMEV", "FRAIS_TIMBRE")
    total = sum(amount for _, amount in lines)
    return invoice(world, at, "Frais de Lamev", total, lines, **_for_request(request))


def bill_price(world: World, request: Row, price: int, at: datetime) -> Row:
    """Invoice the first share of the price of the lots; every fifth has no due date."""
    total = min(round(price * FIRST_SHARE), MOST)
    label = "Acompte sur le prix du lot attribué"
    return invoice(
        world,
        at,
        "ATTRIBUTION_LOT",
        total,
        [(label, round(total / (1 + TAX)))],
        due_days=None if world.turn("price") % 5 == 1 else 45,
        **_for_request(request),
    )


def payments_of(world: World, bill: Row) -> list[Row]:
    """The payments of an invoice, pending ones included."""
    return world.of("paiement_factures", bill["id"])


def remaining(world: World, bill: Row) -> int:
    """What is still to be paid, pending payments not counted."""
    done = (row for row in payments_of(world, bill) if row["statut"] == "Réussi")
    return int(bill["montant_total"] - sum(row["montant"] for row in done))


def pay(
    world: World,
    bill: Row,
    at: datetime,
    amount: int,
    *,
    pending: bool = False,
    mode: str | None = None,
) -> Row:
    """Record a payment; the invoice is 'Payée' when nothing remains."""
    payment = world.insert(
        "paiement_factures",
        at,
        facture_id=bill["id"],
        montant=amount,
        date_paiement=at,
        mode_paiement=mode,
        statut="en_attente" if pending else "Réussi",
        reference_paiement=world.reference("PAY", at),
    )
    if not pending:
        conclude(world, bill, at)
    return payment


def conclude(world: World, bill: Row, at: datetime) -> None:
    """Mark an open invoice as paid, if it is."""
    if bill["statut"] == "En attente" and remaining(world, bill) <= 0:
        revise(world, bill, at, statut="Payée", date_paiement=at)


def revise(world: World, bill: Row, at: datetime | None, **values: Any) -> None:
    """Change an invoice, which gets its next version."""
    world.update("factures", bill, at, version=bill["version"] + 1, **values)


def settle(world: World, request: Row, origin: str, at: datetime) -> None:
    """Pay what is open of a request's invoices of one origin."""
    for bill in world.of("factures", request["id"]):
        if bill["processus_origine"] == origin and bill["statut"] == "En attente":
            pay(world, bill, at, remaining(world, bill), mode=a_mode(world))


# How payments that succeeded were made, of 22; the rest of the 26 are pending, without a mode.
MODES: tuple[str | None, ...] = (
    *("chèque", None, "espèces", "Chèque", "chèque", "carte", None, "chèque", "espèces", None),
    *("chèque", "Chèque", "carte", "espèces", None, "chèque", "Chèque", None, "carte", "chèque"),
    *("espèces", None),
)


def a_mode(world: World) -> str | None:
    """The next of the modes, in turn, so that their shares hold at any scale."""
    return MODES[world.turn("mode") % len(MODES)]
