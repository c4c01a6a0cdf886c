"""The twelve steps of a request for a lot, and what each action leaves in the tables.

1 creation by the applicant, 2 check by CEPICI, 3 check by SOGEDI, 4 payment and deposit receipt,
5 upload of the signed receipt, 6 analysis of admissibility, 7 certificate of admissibility,
8 technical report, 9 internal commission, 10 inter-ministerial commission, 11 LAMEV (the letter of
attribution), 12 done. An action belongs to a category; the action that records a payment is the one
whose code is free text. Only SIGNATURE_LAMEV makes a request VALIDE; a commission's decision is in
`decisions_commission` and, at the same moment, in the history.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from random import Random
from typing import Any

from demo.sigeti import billing
from demo.sigeti.reference import person
from demo.sigeti.shapes import double_encoded
from demo.sigeti.world import Row, World

PAYMENT = "Paiement enregistré avec succès"
COMMISSIONS = {
    "TRAITER_DEMANDE_COMMISSION_INTERNE": "INTERNE",
    "TRAITER_DEMANDE_COMMISSION_INTERMINISTERIELLE": "INTERMINISTERIELLE",
}


@dataclass(frozen=True)
class Step:
    """One action: from which step to which, and how many days it takes (least, most)."""

    action: str
    source: int
    target: int
    category: str
    days: tuple[float, float]
    outcome: str = "EN_COURS"


# The way of a request that meets no obstacle.
COURSE = (
    Step("CREATION_DEMANDE", 1, 2, "INITIALISATION", (0, 0)),
    Step("VERIFICATION_CEPICI", 2, 3, "VERIFICATION", (1, 4)),
    Step("VERIFICATION_SOGEDI", 3, 4, "VERIFICATION", (1, 5)),
    Step(PAYMENT, 4, 4, "PAIEMENT", (0.5, 9)),
    Step("GENERER_RECEPISSE_DEPOT", 4, 5, "DOCUMENTATION", (0.1, 2)),
    Step("UPLOAD_RECEPISSE_SIGNE", 5, 6, "DOCUMENTATION", (0.5, 5)),
    Step("ANALYSE_RECEVABILITE", 6, 7, "ANALYSE", (1, 8)),
    Step("GENERATION_ATTESTATION_RECEVABILITE", 7, 7, "DOCUMENTATION", (0.2, 3)),
    Step("SIGNATURE_ATTESTATION_RECEVABILITE", 7, 8, "VALIDATION", (0.5, 3)),
    Step("SOUMETTRE_RAPPORT_TECHNIQUE", 8, 9, "ANALYSE", (2, 14)),
    Step("TRAITER_DEMANDE_COMMISSION_INTERNE", 9, 10, "COMMISSION", (2, 20)),
    Step("TRAITER_DEMANDE_COMMISSION_INTERMINISTERIELLE", 10, 11, "COMMISSION", (3, 30)),
    Step("REDACTION_LAMEV", 11, 11, "DOCUMENTATION", (1, 9)),
    Step("SIGNATURE_LAMEV", 11, 12, "VALIDATION", (2, 10), "VALIDE"),
)
CORRECTED = "DOCUMENTS_MODIFIES_SOUMIS"


def refused(step: Step) -> Step:
    """The same action with a negative answer: the papers at a check, the request elsewhere."""
    outcome = "DOCUMENTS_REJETES" if step.category == "VERIFICATION" else "REJETE"
    return Step(step.action, step.source, step.source, step.category, step.days, outcome)


def corrected(step: Step) -> Step:
    """The applicant sends the papers of that step again."""
    return Step(CORRECTED, step.source, step.source, "MODIFICATION", (1, 12))


def next_step(world: World, request: Row) -> Step:
    """The step of the undisturbed course that comes next for a request that is EN_COURS."""
    done = [row["action"] for row in request["historique_etapes"]]
    here = [step for step in COURSE if step.source == request["etape_courante"]]
    return next((step for step in here if step.action not in done), here[-1])


def open_request(
    world: World, at: datetime, company: Row, lots: Sequence[Row], *, zone: int | None = None
) -> Row:
    """A new request for some lots (none: outside the industrial zones), with its links."""
    draw = world.random("request", len(world.tables["demandes_attribution"]), at)
    amount = int(round(draw.lognormvariate(20.4, 1.1), -6))
    own = int(round(amount * draw.uniform(0.2, 0.6), -6))
    nationals, foreigners = draw.randrange(5, 180), draw.randrange(0, 9)
    area = sum(square_metres(lot) for lot in lots) or draw.randrange(2_000, 20_000)
    request = world.insert(
        "demandes_attribution",
        at,
        reference=world.reference("DAZI", at),
        statut="EN_COURS",
        etape_courante=1,
        type_demande="ZONE_INDUSTRIELLE" if lots else "HORS_ZONE_INDUSTRIELLE",
        entreprise_id=company["id"],
        lot_id=lots[0]["id"] if lots else None,
        zone_id=zone,
        informations_terrain={
            "superficie": float(area),
            "uniteMesure": "m2",
            "usage": draw.choice(("Usine", "Entrepôt", "Unité de transformation")),
        },
        coordonnees_geospatiales=None
        if lots
        else {"longitude": round(draw.uniform(-5.5, -3.8), 5), "latitude": 5.4},
        financement={
            "devise": "XOF",
            "montantTotal": amount,
            "sources": [
                {"type": "Fonds propres", "montant": own},
                {"type": "Prêt bancaire", "montant": amount - own},
            ],
        },
        emplois={
            "total": nationals + foreigners,
            "nationaux": _staff(nationals),
            "expatries": _staff(foreigners),
        },
        decisions_commissions=[],
        historique_etapes=[],
        retours=[],
        metadata={"creePar": person(draw), "canal": draw.choice(("portail", "guichet"))},
        priorite=draw.choice(("haute", "normale", "normale", "normale", "basse")),
        user_id=draw.randrange(100, 400),
    )
    for order, lot in enumerate(lots, start=1):
        world.insert(
            "demande_attribution_lots",
            at,
            demande_attribution_id=request["id"],
            lot_id=lot["id"],
            ordre=order,
        )
    return request


def _staff(count: int) -> dict[str, int]:
    managers, others = count // 10, count // 20
    return {
        "total": count,
        "cadres": managers,
        "nonCadres": count - managers - others,
        "autres": others,
    }


def square_metres(lot: Row) -> Any:
    """The area of a lot in m2, whatever its unit."""
    return lot["superficie"] * (10_000 if lot["unite_mesure"] == "ha" else 1)


def take(world: World, request: Row, step: Step, at: datetime, *, billed: bool = True) -> None:
    """Let one action happen: history, state of the request, and what follows from it.

    Args:
        billed: whether the deposit fee is invoiced; old requests paid it in cash, without invoice.
    """
    draw = world.random("step", request["id"], len(request["historique_etapes"]))
    agent = draw.randrange(1, len(world.tables["agents"]) + 1)
    who = person(draw)
    world.insert(
        "historique_demandes",
        at,
        demande_attribution_id=request["id"],
        etape_source=step.source,
        etape_destination=step.target,
        action=step.action,
        statut_avant=request["statut"],
        statut_apres=step.outcome,
        commentaire=_comment(draw, step),
        donnees={"categorie": step.category, "agent": who},
        date_action=at,
        utilisateur_id=agent,
    )
    values: dict[str, Any] = {
        "statut": step.outcome,
        "etape_courante": step.target,
        "historique_etapes": [
            *request["historique_etapes"],
            {"action": step.action, "etape": step.target, "date": at.isoformat(), "par": who},
        ],
    }
    refusal = step.outcome in ("REJETE", "DOCUMENTS_REJETES")
    if refusal:
        returned = {"date": at.isoformat(), "motif": "Dossier incomplet", "par": who}
        values["retours"] = [*request["retours"], returned]
    if step.action in COMMISSIONS:
        decision = "REJET" if refusal else "VALIDE"
        _decide(world, request, COMMISSIONS[step.action], decision, at)
        entry = {"commission": COMMISSIONS[step.action], "decision": decision, "president": who}
        values["decisions_commissions"] = [*request["decisions_commissions"], entry]
    world.update("demandes_attribution", request, at, **values)
    if step.outcome == "REJETE":
        _release(world, request, at)
    elif not refusal:
        _effects(world, request, step, at, billed)


def _comment(draw: Random, step: Step) -> str | None:
    said = {
        "EN_COURS": "Étape validée, dossier transmis",
        "VALIDE": "Lettre d'attribution signée",
        "REJETE": "Projet non retenu après délibération",
        "DOCUMENTS_REJETES": "Pièces illisibles à compléter",
    }[step.outcome]
    chance = draw.random()
    if chance < 0.2:
        return None
    # Some browsers sent the text through a console's code page.
    return double_encoded(said) if chance < 0.3 else said


def _decide(world: World, request: Row, kind: str, decision: str, at: datetime) -> None:
    """The commission of that kind and moment (one for all requests decided then) decides."""
    sitting = next(
        (row for row in world.of("commissions", at) if row["type"] == kind), None
    ) or world.insert("commissions", at, type=kind, date_commission=at, statut="TENUE")
    world.insert(
        "decisions_commission",
        at,
        commission_id=sitting["id"],
        demande_attribution_id=request["id"],
        decision=decision,
        motif="Capacité financière insuffisante" if decision == "REJET" else None,
        date_decision=at,
    )


def lots_of(world: World, request: Row) -> list[Row]:
    """The lots of a request, in their order."""
    links = world.of("demande_attribution_lots", request["id"])
    links.sort(key=lambda row: (row["ordre"], row["id"]))
    return [world.tables["lots"][row["lot_id"]] for row in links]


def _effects(world: World, request: Row, step: Step, at: datetime, billed: bool) -> None:
    if step.action == "VERIFICATION_SOGEDI" and billed:
        billing.bill_deposit(world, request, at)
    elif step.action == PAYMENT:
        billing.settle(world, request, "ATTRIBUTION_LOT", at)
    elif step.action == "ANALYSE_RECEVABILITE":
        for lot in lots_of(world, request):
            if lot["statut"] == "disponible" and lot["entreprise_id"] is None:
                world.update("lots", lot, at, date_reservation=at, delai_option=90)
    elif step.action == "REDACTION_LAMEV":
        billing.bill_letter(world, request, at)
    elif step.action == "SIGNATURE_LAMEV":
        billing.settle(world, request, "Frais de Lamev", at)
        lots = lots_of(world, request)
        for lot in lots:
            world.update(
                "lots",
                lot,
                at,
                statut="occupé",
                entreprise_id=request["entreprise_id"],
                date_acquisition=at,
            )
        if lots:
            billing.bill_price(world, request, sum(lot["prix"] for lot in lots), at)


def _release(world: World, request: Row, at: datetime) -> None:
    for lot in lots_of(world, request):
        if lot["statut"] == "disponible" and lot["date_reservation"] is not None:
            world.update("lots", lot, at, date_reservation=None, delai_option=None)
