"""What the four marts of SIGETI must hold, calculated in plain Python from the oracle's facts.

Written from the tables of indicators of docs/sigeti.md, not from the SQL. A mart is a dictionary
from its key to its indicators, by the names of the page.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Sequence
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any

from tests.support.sigeti_numbers import (
    CLASSES,
    INACTIVITY_ALERT,
    OCCUPATION_ALERT,
    RECOVERY_ALERT,
    UNPAID_ALERT,
    classed,
    mean,
    rate,
    rounded,
    total,
)
from tests.support.sigeti_oracle import ALL, UNKNOWN, Books, ends_reservation, own_codes
from tests.support.sigeti_reading import Row

Mart = dict[tuple[Any, ...], Row]


def _below(value: Decimal | None, limit: int) -> bool:
    return value is not None and value < limit


def marts(books: Books) -> dict[str, Mart]:
    """Every mart."""
    return {
        "mart_performance_financiere": performance_financiere(books),
        "mart_occupation_zones": occupation_zones(books),
        "mart_portefeuille_clients": portefeuille_clients(books),
        "mart_kpi_operationnels": kpi_operationnels(books),
    }


def _grouped(rows: Iterable[Row], key: Callable[[Row], Hashable]) -> dict[Any, list[Row]]:
    found: dict[Any, list[Row]] = defaultdict(list)
    for row in rows:
        found[key(row)].append(row)
    return found


def _due(rows: Iterable[Row]) -> list[Row]:
    return [row for row in rows if row["est_exigible"]]


def _sum(rows: Iterable[Row], column: str) -> Decimal:
    return total(row[column] for row in rows)


def _mean(rows: Iterable[Row], column: str) -> Decimal | None:
    return mean(row[column] for row in rows)


def _count(rows: Iterable[Row], flag: str) -> int:
    return sum(bool(row[flag]) for row in rows)


def _receivables(rows: Sequence[Row]) -> Row:
    """What is left of open invoices, by age."""
    found: Row = {}
    for name, _, _ in CLASSES["anciennete"]:
        own = [row for row in rows if classed("anciennete", row["age_jours"]) == name]
        found[f"creances_{name.lower()}"] = _sum(own, "reste_a_payer")
    return found


def performance_financiere(books: Books) -> Mart:
    """Year, month, company and zone."""

    def key(column: str) -> Callable[[Row], Hashable]:
        return lambda row: (
            row[column].year,
            row[column].month,
            row.get("code_entreprise", ALL),
            row["code_zone_industrielle"],
        )

    invoices = _grouped(books.invoices.values(), key("date_facture"))
    payments = _grouped(books.payments.values(), key("date_encaissement"))
    campaigns = _grouped(books.campaigns.values(), key("date_debut"))
    found: Mart = {}
    for own in {*invoices, *payments, *campaigns}:
        billed = invoices.get(own, [])
        due = _due(billed)
        cancelled = [row for row in billed if not row["est_exigible"]]
        received = [row for row in payments.get(own, []) if row["est_confirme"]]
        pending = [row for row in payments.get(own, []) if not row["est_confirme"]]
        found[own] = {
            "trimestre": (own[1] + 2) // 3,
            **_billing(due),
            "montant_taxes": _sum(due, "taxes"),
            "nb_factures_payees": _count(due, "est_paye"),
            "nb_factures_ouvertes": _count(due, "est_ouverte"),
            "reste_a_payer": _sum(due, "reste_a_payer"),
            **_receivables([row for row in due if row["est_ouverte"]]),
            "nb_factures_annulees": len(cancelled),
            "montant_annule": _sum(cancelled, "montant_total"),
            "nb_paiements": len(received),
            "montant_encaisse": _sum(received, "montant_paiement"),
            "montant_en_attente": _sum(pending, "montant_paiement"),
            **_recovery(campaigns.get(own, [])),
            "montant_restant": _sum(campaigns.get(own, []), "montant_restant"),
            "taux_recouvrement_moyen": _mean(campaigns.get(own, []), "taux_recouvrement"),
        }
    return found


def _billing(due: Sequence[Row]) -> Row:
    """What the financial mart and the operational one say of due invoices."""
    paid = [row for row in due if row["est_paye"]]
    still_open = [row for row in due if row["est_ouverte"]]
    billed, unpaid = _sum(due, "montant_total"), _sum(still_open, "montant_total")
    share = rate(unpaid, billed)
    return {
        "nb_factures": len(due),
        "montant_facture": billed,
        "montant_paye": _sum(paid, "montant_total"),
        "montant_impaye": unpaid,
        "taux_paiement": rate(_sum(paid, "montant_total"), billed),
        "taux_impaye": share,
        "niveau_impaye": classed("impaye", share),
        "delai_moyen_paiement_jours": _mean(paid, "delai_paiement_jours"),
        "age_moyen_ouvert_jours": _mean(still_open, "age_jours"),
        "nb_factures_en_retard": _count(due, "est_en_retard"),
    }


def _recovery(campaigns: Sequence[Row]) -> Row:
    target, recovered = _sum(campaigns, "montant_a_recouvrer"), _sum(campaigns, "montant_recouvre")
    share = rate(recovered, target)
    return {
        "nb_collectes": len(campaigns),
        "montant_a_recouvrer": target,
        "montant_recouvre": recovered,
        "taux_recouvrement": share,
        "duree_moyenne_collecte_jours": _mean(campaigns, "duree_reelle_jours"),
        "est_alerte_recouvrement": _below(share, RECOVERY_ALERT),
    }


def _requests(requests: Sequence[Row]) -> Row:
    """What the mart of zones and the operational one say of requests."""
    approved, rejected = _count(requests, "est_approuve"), _count(requests, "est_rejete")
    delay = _mean(requests, "delai_traitement_jours")
    return {
        "nb_demandes": len(requests),
        "nb_demandes_approuvees": approved,
        "nb_demandes_rejetees": rejected,
        "nb_demandes_en_attente": _count(requests, "est_en_attente"),
        "superficie_demandee": _sum(requests, "superficie_demandee"),
        "delai_moyen_traitement_jours": delay,
        "niveau_delai": classed("delai", delay),
        "nb_demandes_hors_delai": _count(requests, "est_hors_delai"),
        "taux_approbation": rate(approved, approved + rejected),
    }


def occupation_zones(books: Books) -> Mart:
    """Zone."""
    lots = _grouped(
        books.rows.lots.values(), lambda lot: books.zone_codes.get(lot["zone"], UNKNOWN)
    )
    requests = _grouped(books.requests.values(), lambda row: row["code_zone_industrielle"])
    zones = {books.zone_codes[key]: zone for key, zone in books.rows.zones.items()}
    found: Mart = {}
    for code in {*zones, UNKNOWN}:
        zone = zones.get(code, {})
        own, asked = lots.get(code, []), requests.get(code, [])
        by_state = _grouped(own, lambda lot: _state(lot, books.today))
        free, held, reserved = (by_state.get(name, []) for name in ("free", "held", "reserved"))
        areas, occupied = _sum(own, "superficie"), rate(len(held), len(own))
        priced = [lot for lot in own if lot["prix"] is not None and lot["superficie"]]
        serviced = _count(own, "viabilise")
        surface = _sum(priced, "superficie")
        found[(code,)] = {
            "nom_zone_industrielle": zone.get("nom", "Inconnue"),
            "statut_zone": zone.get("statut", UNKNOWN),
            "nb_lots": len(own),
            "nb_lots_disponibles": len(free),
            "nb_lots_attribues": len(held),
            "nb_lots_reserves": len(reserved),
            "nb_lots_declares": zone.get("lots_declares"),
            "superficie_zone": zone.get("superficie"),
            "superficie_lots": areas,
            "superficie_disponible": _sum(free, "superficie"),
            "superficie_attribuee": _sum(held, "superficie"),
            "superficie_reservee": _sum(reserved, "superficie"),
            "taux_occupation": occupied,
            "taux_occupation_surface": rate(_sum(held, "superficie"), areas),
            "niveau_occupation": classed("occupation", occupied),
            "est_alerte_occupation": _below(occupied, OCCUPATION_ALERT),
            "valeur_lots": _sum(own, "prix"),
            "valeur_disponible": _sum(free, "prix"),
            "prix_moyen_m2": (
                rounded(Fraction(_sum(priced, "prix")) / Fraction(surface)) if surface else None
            ),
            "nb_lots_viabilises": serviced,
            "taux_viabilisation": rate(serviced, len(own)),
            **_requests(asked),
            "age_moyen_demandes_jours": _mean(asked, "age_jours"),
        }
    return found


def _state(lot: Row, today: date) -> str:
    if lot["statut"] == "OCCUPE":
        return "held"
    if lot["statut"] != "DISPONIBLE":
        return "other"
    last = ends_reservation(lot)
    is_reserved = lot["reserve_le"] is not None and (last is None or last >= today)
    return "reserved" if is_reserved else "free"


def sector_codes(books: Books) -> dict[int, str]:
    """The code of each sector."""
    return own_codes({key: row["code"] for key, row in books.rows.sectors.items()})


def portefeuille_clients(books: Books) -> Mart:
    """Company."""
    invoices = _grouped(books.invoices.values(), lambda row: row["code_entreprise"])
    payments = _grouped(books.payments.values(), lambda row: row["code_entreprise"])
    requests = _grouped(books.requests.values(), lambda row: row["code_entreprise"])
    lots = _grouped(books.rows.lots.values(), lambda lot: str(lot["entreprise"]))
    known = {str(key): row for key, row in books.known.items()}
    sectors = sector_codes(books)
    found: Mart = {}
    for code in {*known, UNKNOWN}:
        company = known.get(code, {"nom": "Inconnue", "forme": None, "domaine": None})
        billed, asked = invoices.get(code, []), requests.get(code, [])
        due, held = _due(billed), lots.get(code, [])
        figures = _billing(due)
        receivables = [row for row in due if row["est_ouverte"] and row["reste_a_payer"]]
        oldest = max((row["age_jours"] for row in receivables), default=None)
        late = rate(figures["nb_factures_en_retard"], len(due))
        days = [row["date_facture"] for row in billed]
        days += [row["date_encaissement"] for row in payments.get(code, [])]
        days += [row["date_demande"] for row in asked]
        last = max((day for day in days if day <= books.today), default=None)
        idle = None if last is None else (books.today - last).days
        found[(code,)] = {
            "raison_sociale": company["nom"],
            "forme_juridique": company["forme"],
            "code_domaine": sectors.get(company["domaine"], UNKNOWN),
            "nb_factures": len(due),
            "chiffre_affaires": figures["montant_facture"],
            "ca_paye": figures["montant_paye"],
            "ca_impaye": figures["montant_impaye"],
            "reste_a_payer": _sum(due, "reste_a_payer"),
            **_receivables(receivables),
            "age_max_creance_jours": oldest,
            "criticite": classed("criticite", oldest),
            "est_alerte_impaye": oldest is not None and oldest > UNPAID_ALERT,
            "delai_moyen_paiement_jours": figures["delai_moyen_paiement_jours"],
            "age_moyen_ouvert_jours": figures["age_moyen_ouvert_jours"],
            "nb_factures_en_retard": figures["nb_factures_en_retard"],
            "part_en_retard": late,
            "taux_paiement": figures["taux_paiement"],
            "nb_demandes": len(asked),
            "nb_demandes_approuvees": _count(asked, "est_approuve"),
            "superficie_demandee": _sum(asked, "superficie_demandee"),
            "nb_lots": len(held),
            "superficie_lots": _sum(held, "superficie"),
            "segment": classed("segment", figures["montant_facture"]),
            "taille": classed("taille", figures["montant_facture"]),
            "risque": classed("risque", late or 0),
            "derniere_activite": last,
            "jours_inactivite": idle,
            "est_inactif": idle is not None and idle > INACTIVITY_ALERT,
        }
    return found


def kpi_operationnels(books: Books) -> Mart:
    """Year, quarter and month."""

    def month(day: date) -> tuple[int, int]:
        return day.year, day.month

    campaigns = _grouped(books.campaigns.values(), lambda row: month(row["date_debut"]))
    requests = _grouped(books.requests.values(), lambda row: month(row["date_demande"]))
    decisions = _grouped(
        (row for row in books.requests.values() if row["date_decision"]),
        lambda row: month(row["date_decision"]),
    )
    invoices = _grouped(books.invoices.values(), lambda row: month(row["date_facture"]))
    payments = _grouped(books.payments.values(), lambda row: month(row["date_encaissement"]))
    seen = {*campaigns, *requests, *decisions, *invoices, *payments}
    found: Mart = {}
    for year, number in _from_first_to_last(seen):
        own = (year, number)
        begun, asked = campaigns.get(own, []), requests.get(own, [])
        due = _due(invoices.get(own, []))
        unplaced = [row for row in due if row["code_zone_industrielle"] == UNKNOWN]
        received = [row for row in payments.get(own, []) if row["est_confirme"]]
        pending = [row for row in payments.get(own, []) if not row["est_confirme"]]
        closed = _count(begun, "est_cloturee")
        found[year, (number + 2) // 3, number] = {
            **_recovery(begun),
            "nb_collectes_cloturees": closed,
            "nb_collectes_completes": _count(begun, "est_complete"),
            "taux_cloture": rate(closed, len(begun)),
            **_requests(asked),
            "montant_attribution": _sum(asked, "montant_attribution"),
            "financement_prevu": _sum(asked, "financement_prevu"),
            "emplois_prevus": int(_sum(asked, "emplois_prevus")),
            "nb_decisions": len(decisions.get(own, [])),
            **_billing(due),
            "nb_factures_sans_zone": len(unplaced),
            "montant_sans_zone": _sum(unplaced, "montant_total"),
            "nb_factures_payees_sans_date": sum(
                row["statut_facture"] == "PAYEE" and not row["est_paye"] for row in due
            ),
            "nb_paiements": len(received),
            "montant_encaisse": _sum(received, "montant_paiement"),
            "montant_en_attente": _sum(pending, "montant_paiement"),
        }
    return found


def _from_first_to_last(seen: set[tuple[int, int]]) -> list[tuple[int, int]]:
    """Every month between, with none left out."""
    if not seen:
        return []
    numbers = [year * 12 + month - 1 for year, month in (min(seen), max(seen))]
    return [(each // 12, each % 12 + 1) for each in range(numbers[0], numbers[1] + 1)]
