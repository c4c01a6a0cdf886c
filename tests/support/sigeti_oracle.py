"""What the four facts of SIGETI must hold, in plain Python from the rows of its database.

Written from docs/sigeti.md, not from the SQL. A fact is a dictionary from its key to its row; the
columns are those that the page names. `sigeti_marts` goes on from here.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from tests.support.sigeti_numbers import LEGAL_DAYS, classed, known_total, rate, total
from tests.support.sigeti_reading import Row, Source, Staged, staged

Fact = dict[int, Row]

UNKNOWN, SEVERAL, ALL = "INCONNU", "PLUSIEURS", "TOUTES"
APPROVED, REJECTED, PENDING = ("VALIDE",), ("REJETE",), ("EN_COURS", "DOCUMENTS_REJETES")
# What a commission says of a request that ends with a status.
SAID = {"VALIDE": "VALIDE", "REJETE": "REJET"}
STEPS = range(1, 13)
NOT_DUE = ("ANNULEE", "REMBOURSEE")


def _days(later: date | None, earlier: date | None) -> int | None:
    return None if later is None or earlier is None else (later - earlier).days


@dataclass(frozen=True)
class Books:
    """The source decoded, and its facts, on a day.

    `known`: the last row that could be read of each company that was ever seen.
    """

    today: date
    rows: Staged
    zone_codes: Mapping[int, str]
    known: Mapping[int, Row]
    requests: Fact
    campaigns: Fact
    invoices: Fact
    payments: Fact

    def facts(self) -> dict[str, Fact]:
        return {
            "fait_attributions": self.requests,
            "fait_collectes": self.campaigns,
            "fait_factures": self.invoices,
            "fait_paiements": self.payments,
        }


def books(source: Source, today: date, known: Mapping[int, Row] | None = None) -> Books:
    """Open the books on the rows of the source.

    Args:
        known: by id, what was ever seen of companies; without it, those of the source.
    """
    rows = staged(source)
    known = rows.companies if known is None else known
    zones = _zone_codes(rows)
    companies = set(known)
    requests = _requests(rows, zones, companies, today)
    campaigns = _campaigns(rows, zones, today)
    invoices = _invoices(rows, zones, companies, requests, today)
    payments = _payments(rows, invoices)
    for key, invoice in invoices.items():
        paid = total(
            payment["montant_paiement"]
            for payment in payments.values()
            if payment["id_facture"] == key and payment["est_confirme"]
        )
        invoice["montant_encaisse"] = paid
        rest = max(invoice["montant_total"] - paid, Decimal(0))
        invoice["reste_a_payer"] = rest if invoice["est_ouverte"] else Decimal(0)
    return Books(today, rows, zones, known, requests, campaigns, invoices, payments)


def _zone_codes(rows: Staged) -> dict[int, str]:
    return own_codes({key: zone["code"] for key, zone in rows.zones.items()})


def own_codes(codes: Mapping[int, str]) -> dict[int, str]:
    """A code that is given twice is the older row's, the other adds its id; so does a member's."""
    found: dict[int, str] = {}
    taken = {UNKNOWN, SEVERAL}
    for key, code in sorted(codes.items()):
        found[key] = f"{code}-{key}" if code in taken else code
        taken.add(code)
    return found


def _code(key: int | None, known: Iterable[int]) -> str:
    return str(key) if key in known else UNKNOWN


def lots_of(rows: Staged, request: Row) -> list[Row]:
    """The known lots of a request, the first one first."""
    links = [link for link in rows.request_lots if link["demande_attribution_id"] == request["id"]]
    links.sort(key=lambda link: (link["ordre"] is None, link["ordre"], link["lot_id"]))
    wanted = [request["lot"], *(link["lot_id"] for link in links)]
    return [rows.lots[key] for key in dict.fromkeys(wanted) if key in rows.lots]


def _decided(rows: Staged, request: Row) -> tuple[date | None, str | None]:
    """The decision day of a decided request, and which source says it."""
    actions = [
        row
        for row in rows.actions
        if row["demande"] == request["id"]
        and row["apres"] == request["statut"]
        and row["avant"] != request["statut"]
        and row["jour"] is not None
    ]
    if actions:
        return max(row["jour"] for row in actions), "HISTORIQUE"
    said = [
        row["jour"]
        for row in rows.decisions
        if row["demande"] == request["id"]
        and row["decision"] == SAID[request["statut"]]
        and row["jour"] is not None
    ]
    return (max(said), "COMMISSION") if said else (None, None)


def _requests(rows: Staged, zones: Mapping[int, str], companies: set[int], today: date) -> Fact:
    found: Fact = {}
    for key, request in rows.requests.items():
        status = request["statut"]
        lots = lots_of(rows, request)
        is_decided = status in (*APPROVED, *REJECTED)
        decided, source = _decided(rows, request) if is_decided else (None, None)
        delay = _days(decided, request["jour"])
        age = _days(today, request["jour"]) if status in PENDING else None
        zone = next((zones[lot["zone"]] for lot in lots[:1] if lot["zone"] in zones), None)
        found[key] = {
            "reference_demande": request["reference"],
            "statut_demande": status or UNKNOWN,
            "type_demande": request["type"] or UNKNOWN,
            "priorite": request["priorite"],
            "code_etape": request["etape"] if request["etape"] in STEPS else 0,
            "date_demande": request["jour"],
            "date_decision": decided,
            "source_decision": source,
            "code_entreprise": _code(request["entreprise"], companies),
            "code_lot": str(lots[0]["id"]) if lots else UNKNOWN,
            "code_zone_industrielle": zone or zones.get(request["zone"], UNKNOWN),
            "nb_lots": len(lots),
            "superficie_demandee": (
                known_total(lot["superficie"] for lot in lots) if lots else request["superficie"]
            ),
            "montant_attribution": known_total(lot["prix"] for lot in lots),
            "delai_traitement_jours": delay,
            "age_jours": age,
            "est_approuve": status in APPROVED,
            "est_rejete": status in REJECTED,
            "est_en_attente": status in PENDING,
            "est_hors_delai": any(days is not None and days > LEGAL_DAYS for days in (delay, age)),
            "financement_prevu": request["financement"],
            "emplois_prevus": request["emplois"],
        }
    return found


def _campaigns(rows: Staged, zones: Mapping[int, str], today: date) -> Fact:
    found: Fact = {}
    for key, campaign in rows.campaigns.items():
        target, recovered = campaign["a_recouvrer"], campaign["recouvre"]
        is_closed = campaign["statut_cloture"] == "CLOTUREE"
        begun = campaign["debut"] <= today
        own = _zones_of_campaign(rows, zones, key)
        found[key] = {
            "reference_collecte": campaign["reference"],
            "statut_collecte": campaign["statut"] or UNKNOWN,
            "statut_cloture": campaign["statut_cloture"] or UNKNOWN,
            "code_zone_industrielle": _one_of(own),
            "nb_zones": len(own),
            "nb_agents": len(
                {link["agent_id"] for link in rows.campaign_agents if link["collecte_id"] == key}
            ),
            "date_debut": campaign["debut"],
            "date_fin_prevue": campaign["fin_prevue"],
            "date_cloture": campaign["cloture"],
            "montant_a_recouvrer": target,
            "montant_recouvre": recovered,
            "montant_restant": target - recovered,
            "taux_recouvrement": rate(recovered, target),
            "duree_prevue_jours": _days(campaign["fin_prevue"], campaign["debut"]),
            "duree_reelle_jours": (
                _days(campaign["cloture"], campaign["debut"]) if is_closed else None
            ),
            "age_jours": _days(today, campaign["debut"]) if begun and not is_closed else None,
            "est_cloturee": is_closed,
            "est_complete": recovered >= target,
        }
    return found


def _zones_of_campaign(rows: Staged, zones: Mapping[int, str], campaign: int | None) -> set[str]:
    """The zones of a campaign that is there."""
    return {
        zones[link["zone_industrielle_id"]]
        for link in rows.campaign_zones
        if link["collecte_id"] == campaign
        and campaign in rows.campaigns
        and link["zone_industrielle_id"] in zones
    }


def _one_of(codes: set[str]) -> str:
    if not codes:
        return UNKNOWN
    return SEVERAL if len(codes) > 1 else next(iter(codes))


def _path(
    rows: Staged, zones: Mapping[int, str], invoice: Row, requests: Fact, held: set[str]
) -> tuple[str, str]:
    """The zone of an invoice, and the path on which it was found; `held`: where its company is."""
    request = requests.get(invoice["demande"])
    if request and request["code_zone_industrielle"] != UNKNOWN:
        return request["code_zone_industrielle"], "DEMANDE"
    named = _zones_of_campaign(rows, zones, invoice["collecte"])
    if len(named) == 1:
        return next(iter(named)), "COLLECTE"
    if len(named & held) == 1:
        return next(iter(named & held)), "COLLECTE_LOTS"
    if len(held) == 1:
        return next(iter(held)), "ENTREPRISE"
    return UNKNOWN, UNKNOWN


def _invoices(
    rows: Staged,
    zones: Mapping[int, str],
    companies: set[int],
    requests: Fact,
    today: date,
) -> Fact:
    holders: dict[int, set[str]] = defaultdict(set)
    for lot in rows.lots.values():
        if lot["entreprise"] is not None and lot["zone"] in zones:
            holders[lot["entreprise"]].add(zones[lot["zone"]])
    found: Fact = {}
    for key, invoice in rows.invoices.items():
        if invoice["supprimee"]:
            continue
        zone, path = _path(
            rows, zones, invoice, requests, holders.get(invoice["entreprise"], set())
        )
        is_due = invoice["statut"] not in NOT_DUE
        paid, due = invoice["paiement"], invoice["echeance"]
        is_open = is_due and paid is None
        age = _days(today, invoice["jour"]) if is_open else None
        lines = [line for line in rows.lines if line["facture"] == key]
        found[key] = {
            "numero_facture": invoice["numero"],
            "statut_facture": invoice["statut"] or UNKNOWN,
            "processus_origine": invoice["origine"] or UNKNOWN,
            "id_demande": invoice["demande"],
            "id_collecte": invoice["collecte"],
            "nb_lignes": len(lines),
            "montant_lignes": known_total(line["montant"] for line in lines),
            "montant_tarif": rows.tariffs.get(invoice["origine"]),
            "date_facture": invoice["jour"],
            "date_echeance": due,
            "date_paiement": paid,
            "code_entreprise": _code(invoice["entreprise"], companies),
            "code_zone_industrielle": zone,
            "chemin_zone": path,
            "montant_total": invoice["total"],
            "sous_total": invoice["sous_total"],
            "taxes": (
                None if invoice["sous_total"] is None else invoice["total"] - invoice["sous_total"]
            ),
            "est_exigible": is_due,
            "est_paye": paid is not None,
            "est_ouverte": is_open,
            "est_en_retard": bool(is_due and due and (paid or today) > due),
            "delai_paiement_jours": _days(paid, invoice["jour"]),
            "age_jours": age,
            "tranche_age": classed("anciennete", age),
        }
    return found


def _payments(rows: Staged, invoices: Fact) -> Fact:
    found: Fact = {}
    confirmed: dict[int, Decimal] = defaultdict(Decimal)
    for payment in sorted(rows.payments.values(), key=lambda row: (row["jour"], row["id"])):
        key, amount = payment["facture"], payment["montant"]
        invoice = invoices.get(key)
        is_confirmed = payment["statut"] == "REUSSI"
        taken = rest = None
        if invoice is not None:
            left = max(invoice["montant_total"] - confirmed[key], Decimal(0))
            taken = min(amount, left) if is_confirmed else Decimal(0)
            rest = left - taken
        confirmed[key] += amount if is_confirmed else 0
        found[payment["id"]] = {
            "reference_paiement": payment["reference"],
            "id_facture": key,
            "code_entreprise": invoice["code_entreprise"] if invoice else UNKNOWN,
            "code_zone_industrielle": invoice["code_zone_industrielle"] if invoice else UNKNOWN,
            "date_encaissement": payment["jour"],
            "date_paiement": payment["paye_le"],
            "mode_paiement": payment["mode"] or UNKNOWN,
            "statut_paiement": payment["statut"] or UNKNOWN,
            "montant_paiement": amount,
            "montant_facture": invoice["montant_total"] if invoice else None,
            "montant_impute": taken,
            "excedent": amount - taken if taken is not None and is_confirmed else None,
            "cumul_encaisse": confirmed[key],
            "reste_a_payer": rest,
            "delai_encaissement_jours": (
                _days(payment["jour"], invoice["date_facture"]) if invoice else None
            ),
            "est_confirme": is_confirmed,
            "est_en_attente": not is_confirmed,
            "paiement_complet": bool(invoice and is_confirmed and not rest),
            "paiement_partiel": bool(invoice and is_confirmed and rest),
        }
    return dict(sorted(found.items()))


def ends_reservation(lot: Row) -> date | None:
    """The last day of a reservation; nothing when it has no limit."""
    if lot["reserve_le"] is None or lot["option_jours"] is None:
        return None
    try:
        last: date = lot["reserve_le"] + timedelta(days=lot["option_jours"])
    except OverflowError:  # beyond any calendar
        return None
    return last
