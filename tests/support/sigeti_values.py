"""What the columns of SIGETI may hold, right and wrong, for random days in its tables."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from demo.sigeti import BASE_DATE

Draw = random.Random
Value = Callable[[Draw], Any]

MISSING_ID = 9_999
# Moments of the demo's years, some shortly before and after midnight.
_MOMENTS = [
    BASE_DATE + timedelta(days=days, seconds=seconds)
    for days in (-420, -200, -95, -90, -61, -60, -31, -30, -20, -8, -1, 0, 3, 7, 40)
    for seconds in (1, 43_210, 86_399)
]


def _pick(*values: Any) -> Value:
    return lambda draw: draw.choice(values)


def _among(most: int) -> Value:
    """A reference: mostly to a row, at times to none or to one that is not there."""
    return lambda draw: draw.choice((None, MISSING_ID, *[draw.randint(1, most)] * 8))


def _form(**values: Sequence[Any]) -> Value:
    def made(draw: Draw) -> str | None:
        said = {name: draw.choice(list(given)) for name, given in values.items()}
        kept = {name: value for name, value in said.items() if draw.random() < 0.8}
        return draw.choice((None, "[]", *[json.dumps(kept)] * 6))

    return made


# What a slip of the pen makes of a day.
_SLIPS = tuple(datetime(year, 3, 1, tzinfo=UTC) for year in (1, 205, 2014, 2036, 2205))
_MOMENT_OR_SLIP = _pick(*_MOMENTS, *_MOMENTS, *_SLIPS)
_MOMENT_OR_NONE = _pick(None, *_MOMENTS, *_MOMENTS, *_SLIPS)
_AMOUNT = _pick(0, 1, 33.33, 61_000, 500_000, 999_999.99, 1_000_000, 10_000_000, 50_000_000)
_AMOUNT_OR_NONE = _pick(None, 0, 1, 33.33, 61_000, 501_000, 10_000_000.01)
_SPOILT = ("Soci\u251c\u00ae du Sud", "Bouak\u00c3\u00a9", "Soci\ufffdt\ufffd", "Bouak\u251c")
_BLANK = ("", " ", "\t", "\u00a0")
_NAME = _pick("Noël & fils", "Bouaké", *_BLANK, *_SPOILT)
_AREA = (0, 1, 2.5, 80_000, "2.75", "beaucoup", None, 1e12, 999_999_999_999_999)

# What may become of a column: (table, column) -> a value of any kind that its type allows.
VALUES: dict[tuple[str, str], Value] = {
    ("zones_industrielles", "code"): _pick(
        "zi-vridi", "ZI-VRIDI", "ZI-NOUVELLE", "INCONNU", *_BLANK
    ),
    ("zones_industrielles", "libelle"): _NAME,
    ("zones_industrielles", "superficie"): _pick(None, 0, 120, 645.5),
    ("zones_industrielles", "unite_mesure"): _pick(None, "m2", "ha", "are"),
    ("zones_industrielles", "lots_disponibles"): _pick(None, 0, 7),
    ("lots", "numero"): _pick("LOT-999", " l o t-7", "LOT\u00a08", "LOT-\ufffd", *_BLANK),
    ("lots", "superficie"): _pick(None, 0, 0.5, 16_347, 80_000, 9_999_999_999_999),
    ("lots", "unite_mesure"): _pick(None, "m2", "ha", "are"),
    ("lots", "prix"): _AMOUNT_OR_NONE,
    ("lots", "statut"): _pick("disponible", "occupé", "réservé"),
    ("lots", "viabilite"): _pick(None, True, False),
    ("lots", "zone_industrielle_id"): _among(8),
    ("lots", "zone_id"): _among(8),
    ("lots", "entreprise_id"): _among(35),
    ("lots", "date_reservation"): _MOMENT_OR_NONE,
    ("lots", "delai_option"): _pick(None, 0, 7, 20, 90, -5, 2_147_483_647),
    ("entreprises", "raison_sociale"): _NAME,
    ("entreprises", "forme_juridique"): _pick(None, "SA", "SARL"),
    ("entreprises", "date_constitution"): _pick(None, datetime(1968, 1, 1, tzinfo=UTC)),
    ("entreprises", "domaine_activite_id"): _among(20),
    ("domaines_activites", "libelle"): _NAME,
    ("demandes_attribution", "reference"): _pick("DAZI-2025-0001", "DAZI-\ufffd", *_BLANK),
    ("demandes_attribution", "statut"): _pick(
        "EN_COURS", "VALIDE", "REJETE", "DOCUMENTS_REJETES", "ANNULEE"
    ),
    ("demandes_attribution", "etape_courante"): _pick(1, 9, 12, 13),
    ("demandes_attribution", "entreprise_id"): _among(35),
    ("demandes_attribution", "lot_id"): _among(52),
    ("demandes_attribution", "zone_id"): _among(8),
    ("demandes_attribution", "created_at"): _MOMENT_OR_SLIP,
    ("demandes_attribution", "informations_terrain"): _form(
        superficie=_AREA, uniteMesure=("m2", "ha", "are")
    ),
    ("demandes_attribution", "financement"): _form(montantTotal=(0, 1e6, "5000000", "peu", [1])),
    ("demandes_attribution", "emplois"): _form(
        total=(0, 85, "12", None, {"total": 3}, 12_345_678_901)
    ),
    ("demande_attribution_lots", "lot_id"): lambda draw: draw.randint(1, 60),
    ("demande_attribution_lots", "demande_attribution_id"): lambda draw: draw.randint(1, 26),
    ("demande_attribution_lots", "ordre"): _pick(None, 1, 1, 2),
    ("historique_demandes", "statut_avant"): _pick(None, "EN_COURS", "VALIDE", "REJETE"),
    ("historique_demandes", "statut_apres"): _pick(None, "EN_COURS", "VALIDE", "REJETE"),
    ("historique_demandes", "date_action"): _MOMENT_OR_SLIP,
    ("historique_demandes", "demande_attribution_id"): lambda draw: draw.randint(1, 26),
    ("decisions_commission", "decision"): _pick("VALIDE", "REJET"),
    ("decisions_commission", "date_decision"): _MOMENT_OR_SLIP,
    ("decisions_commission", "demande_attribution_id"): lambda draw: draw.randint(1, 26),
    ("collectes", "montant_a_recouvrer"): _AMOUNT,
    ("collectes", "montant_recouvre"): _AMOUNT,
    ("collectes", "date_debut"): _MOMENT_OR_SLIP,
    ("collectes", "date_fin_prevue"): _MOMENT_OR_NONE,
    ("collectes", "date_cloture"): _MOMENT_OR_NONE,
    ("collectes", "statut_cloture"): _pick("ouverte", "cloturee", "suspendue"),
    ("collecte_zones", "zone_industrielle_id"): lambda draw: draw.randint(1, 23),
    ("collecte_zones", "collecte_id"): lambda draw: draw.randint(1, 7),
    ("collecte_agents", "agent_id"): lambda draw: draw.randint(1, 8),
    ("factures", "date_creation"): _MOMENT_OR_SLIP,
    ("factures", "date_echeance"): _MOMENT_OR_NONE,
    ("factures", "date_paiement"): _MOMENT_OR_NONE,
    ("factures", "montant_total"): _AMOUNT,
    ("factures", "sous_total"): _AMOUNT_OR_NONE,
    ("factures", "statut"): _pick(
        "En attente", "Payée", "Échouée", "Annulée", "Remboursée", "Soldée"
    ),
    ("factures", "processus_origine"): _pick(None, "COLLECTE_DROIT", "Frais de Lamev"),
    ("factures", "entreprise_id"): _among(35),
    ("factures", "demande_attribution_id"): _among(26),
    ("factures", "collecte_id"): _among(7),
    ("factures", "is_deleted"): _pick(True, False),
    ("detail_factures", "montant_ligne"): _AMOUNT_OR_NONE,
    ("detail_factures", "montant"): _AMOUNT_OR_NONE,
    ("detail_factures", "quantite"): _pick(None, 0, 1, 2.5),
    ("paiement_factures", "montant"): _AMOUNT,
    ("paiement_factures", "date_paiement"): _MOMENT_OR_NONE,
    ("paiement_factures", "mode_paiement"): _pick(None, "chèque", "Chèque", "espèces"),
    ("paiement_factures", "statut"): _pick("Réussi", "en_attente", "échoué"),
    ("paiement_factures", "facture_id"): lambda draw: draw.randint(1, 46),
    ("tarifs", "montant"): _AMOUNT,
}
# Columns that may be emptied as a whole.
EMPTIED = (
    ("lots", "date_reservation"),
    ("lots", "entreprise_id"),
    ("factures", "date_echeance"),
    ("demandes_attribution", "zone_id"),
    ("paiement_factures", "date_paiement"),
    ("entreprises", "registre_commerce"),
)

# Labels of enumerations that came later.
LABELS = (
    ("enum_zones_industrielles_unite_mesure", "are"),
    ("enum_lots_unite_mesure", "are"),
    ("enum_lots_statut", "réservé"),
    ("enum_demandes_attribution_statut", "ANNULEE"),
    ("enum_factures_statut", "Soldée"),
    ("enum_paiement_factures_statut", "échoué"),
    ("enum_collectes_statut_cloture", "suspendue"),
)
# Columns that the application never leaves empty, so far.
NEVER_NULL = {
    *VALUES.keys(),
    ("zones_industrielles", "statut"),
    ("lots", "priorite"),
    ("entreprises", "date_creation"),
    ("demandes_attribution", "type_demande"),
    ("commissions", "date_commission"),
    ("decisions_commission", "commission_id"),
    ("collectes", "reference"),
    ("collectes", "status"),
    ("factures", "numero_facture"),
    ("detail_factures", "facture_id"),
    ("paiement_factures", "created_at"),
    ("tarifs", "code"),
}
