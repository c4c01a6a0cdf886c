"""The rows of SIGETI's database as its rules read them: text, codes, areas, days, what is rejected.

Written from docs/sigeti.md, not from the SQL. Slow and simple on purpose.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from demo.sigeti import TABLES
from tests.support.sigeti_numbers import rounded

Row = dict[str, Any]
# table -> its rows, with the names and types of the source
Source = Mapping[str, Iterable[Row]]

ABIDJAN = ZoneInfo("Africa/Abidjan")
# The days of `dim_date`: another one is a slip of the pen.
MOST_AREA = 10**12  # m2, three times the country
CALENDAR = (date(2015, 1, 1), date(2035, 12, 31))
# The column that says which of two rows with one key is newer; some tables have none.
MARKS = dict.fromkeys(TABLES, "updated_at") | {
    "entreprises": "date_modification",
    "domaines_activites": "",
    "tarifs": "",
}

# What UTF-8 looks like when it is read as another encoding: the first bytes of French letters,
# quotation marks and dashes, each followed by as many continuation bytes as it wants.
_SHAPES = (re.compile(b"[\xc2\xc3\xc5][\x80-\xbf]"), re.compile(b"\xe2[\x80-\xbf]{2}"))
_LEFT_BROKEN = re.compile("[\ufffd\u251c\u252c]")


def _table_of_repairs() -> dict[str, str]:
    """Broken sequence -> what it stood for, for every letter and encoding that the rules name."""
    letters = [chr(code) for code in (*range(0xA0, 0x100), 0x152, 0x153)]
    letters += [chr(code) for code in range(0x2010, 0x2040)] + ["\u20ac", "\u2122"]
    found: dict[str, str] = {}
    for letter in letters:
        for encoding in ("cp850", "cp437", "cp1252", "latin-1"):
            try:
                broken = letter.encode("utf-8").decode(encoding)
            except UnicodeDecodeError:
                continue
            if any(shape.fullmatch(letter.encode("utf-8")) for shape in _SHAPES):
                found.setdefault(broken, letter)
    return found


_REPAIRS = _table_of_repairs()
_BROKEN = re.compile("|".join(map(re.escape, sorted(_REPAIRS, key=len, reverse=True))))


def text(value: Any) -> str | None:
    """Text without broken encodings and needless spaces; blank is nothing."""
    if value is None:
        return None
    mended = _BROKEN.sub(lambda found: _REPAIRS[found.group()], str(value))
    return " ".join(mended.split()) or None


def is_readable(value: Any) -> bool:
    """Whether text is there and no broken letter is left in it."""
    said = text(value)
    return said is not None and not _LEFT_BROKEN.search(said)


def code(value: Any) -> str | None:
    """`Payée`, `Pay├®e` and `payee` are PAYEE; `en attente` is EN_ATTENTE."""
    said = text(value)
    if said is None:
        return None
    plain = unicodedata.normalize("NFD", said)
    plain = "".join(letter for letter in plain if not unicodedata.combining(letter))
    return re.sub("[^A-Z0-9]+", "_", plain.upper()).strip("_") or None


def day(value: datetime | date | None) -> date | None:
    """The day of a moment in Abidjan."""
    if isinstance(value, datetime):
        return value.astimezone(ABIDJAN).date()
    return value


def number(value: Any) -> Decimal | None:
    """A number of a form; nothing if it is none."""
    if isinstance(value, bool) or value is None:
        return None
    try:
        found = Decimal(str(value).strip())
    except ArithmeticError:
        return None
    return found if found.is_finite() else None


def square_metres(area: Decimal | None, unit: Any) -> Decimal | None:
    """An area in m2; nothing when its unit is neither m2 nor ha, or no land is so large."""
    worth = {"M2": 1, "HA": 10_000}.get(code(unit) or "")
    if area is None or worth is None or area * worth > MOST_AREA:
        return None
    return area * worth


def form(value: Any, *path: str) -> Any:
    """What a form says under a name; nothing if it says nothing."""
    found = json.loads(value) if isinstance(value, str) else value
    for name in path:
        found = found.get(name) if isinstance(found, dict) else None
    return found


def _known_day(value: datetime | None) -> date | None:
    found = day(value)
    return found if _in_calendar(found) else None


def _in_calendar(*values: date | None) -> bool:
    return all(value is None or CALENDAR[0] <= value <= CALENDAR[1] for value in values)


@dataclass(frozen=True)
class Staged:
    """The readable rows of each table by id, decoded."""

    zones: dict[int, Row]
    lots: dict[int, Row]
    companies: dict[int, Row]
    sectors: dict[int, Row]
    requests: dict[int, Row]
    request_lots: list[Row]
    actions: list[Row]
    decisions: list[Row]
    campaigns: dict[int, Row]
    campaign_zones: list[Row]
    campaign_agents: list[Row]
    invoices: dict[int, Row]
    lines: list[Row]
    tariffs: dict[str, Decimal]
    payments: dict[int, Row]


def staged(source: Source) -> Staged:
    """Decode the source; rows without a key, or whose key a newer row has, are not there."""

    def of(table: str, decode: Callable[[Row], Row | None]) -> dict[int, Row]:
        rows = keyed(table, source[table])
        return {key: row for key, raw in rows.items() if (row := decode(raw)) is not None}

    def listed(table: str, *columns: str) -> list[Row]:
        return [
            {name: row[name] for name in ("id", *columns)}
            for row in keyed(table, source[table]).values()
        ]

    return Staged(
        zones=of("zones_industrielles", _zone),
        lots=of("lots", _lot),
        companies=of("entreprises", company),
        sectors=of("domaines_activites", _sector),
        requests=of("demandes_attribution", _request),
        request_lots=listed(
            "demande_attribution_lots", "demande_attribution_id", "lot_id", "ordre"
        ),
        actions=list(of("historique_demandes", _action).values()),
        decisions=list(of("decisions_commission", _decision).values()),
        campaigns=of("collectes", _campaign),
        campaign_zones=listed("collecte_zones", "collecte_id", "zone_industrielle_id"),
        campaign_agents=listed("collecte_agents", "collecte_id", "agent_id"),
        invoices=of("factures", _invoice),
        lines=list(of("detail_factures", _line).values()),
        # Of several tariffs of one code the greatest: sorted, it is the last to be noted.
        tariffs={
            str(code(row["code"])): row["montant"]
            for row in sorted(
                keyed("tarifs", source["tarifs"]).values(),
                key=lambda row: Decimal(-1) if row["montant"] is None else row["montant"],
            )
        },
        payments=of("paiement_factures", _payment),
    )


def keyed(table: str, rows: Iterable[Row]) -> dict[int, Row]:
    """The rows by key: of rows with one key the one with the newest mark."""
    mark = MARKS[table]
    oldest = datetime.min.replace(tzinfo=UTC)
    found: dict[int, Row] = {}
    for row in sorted(rows, key=lambda row: (mark and row[mark]) or oldest):
        if row["id"] is not None:
            found[row["id"]] = row
    return dict(sorted(found.items()))


def _zone(row: Row) -> Row | None:
    if not (is_readable(row["code"]) and is_readable(row["libelle"])):
        return None
    return {
        "id": row["id"],
        "code": str(text(row["code"])).upper(),
        "nom": text(row["libelle"]),
        "statut": code(row["statut"]),
        "superficie": square_metres(row["superficie"], row["unite_mesure"]),
        "lots_declares": row["lots_disponibles"],
    }


def _lot(row: Row) -> Row | None:
    if not is_readable(row["numero"]):
        return None
    zone = row["zone_industrielle_id"]
    return {
        "id": row["id"],
        "numero": str(text(row["numero"])).replace(" ", "").upper(),
        "zone": row["zone_id"] if zone is None else zone,
        "entreprise": row["entreprise_id"],
        "statut": code(row["statut"]),
        "viabilise": row["viabilite"],
        "superficie": square_metres(row["superficie"], row["unite_mesure"]),
        "prix": row["prix"],
        "reserve_le": day(row["date_reservation"]),
        "option_jours": row["delai_option"],
    }


def company(row: Row) -> Row | None:
    """A company, if its name can be read."""
    if not is_readable(row["raison_sociale"]):
        return None
    return {
        "id": row["id"],
        "nom": text(row["raison_sociale"]),
        "forme": code(row["forme_juridique"]),
        "domaine": row["domaine_activite_id"],
    }


def _sector(row: Row) -> Row | None:
    if not (is_readable(row["code"]) and is_readable(row["libelle"])):
        return None
    return {"id": row["id"], "code": str(text(row["code"])).upper()}


def _request(row: Row) -> Row | None:
    made = day(row["created_at"])
    if not is_readable(row["reference"]) or made is None or not _in_calendar(made):
        return None
    land = row["informations_terrain"]
    area = square_metres(number(form(land, "superficie")), form(land, "uniteMesure"))
    money = number(form(row["financement"], "montantTotal"))
    jobs = number(form(row["emplois"], "total"))
    return {
        "id": row["id"],
        "reference": text(row["reference"]),
        "statut": code(row["statut"]),
        "type": code(row["type_demande"]),
        "priorite": code(row["priorite"]),
        "etape": row["etape_courante"],
        "jour": made,
        "entreprise": row["entreprise_id"],
        "lot": row["lot_id"],
        "zone": row["zone_id"],
        "superficie": None if area is None else rounded(area),
        "financement": None if money is None else rounded(money),
        "emplois": None if jobs is None else int(rounded(jobs, 0)),
    }


def _action(row: Row) -> Row | None:
    return {
        "id": row["id"],
        "demande": row["demande_attribution_id"],
        "avant": code(row["statut_avant"]),
        "apres": code(row["statut_apres"]),
        "jour": _known_day(row["date_action"]),
    }


def _decision(row: Row) -> Row | None:
    return {
        "id": row["id"],
        "demande": row["demande_attribution_id"],
        "decision": code(row["decision"]),
        "jour": _known_day(row["date_decision"]),
    }


def _campaign(row: Row) -> Row | None:
    amounts = (row["montant_a_recouvrer"], row["montant_recouvre"])
    days = tuple(day(row[name]) for name in ("date_debut", "date_fin_prevue", "date_cloture"))
    if None in amounts or days[0] is None or not _in_calendar(days[0]):
        return None
    if not is_readable(row["reference"]):
        return None
    return {
        "id": row["id"],
        "reference": text(row["reference"]),
        "a_recouvrer": amounts[0],
        "recouvre": amounts[1],
        "debut": days[0],
        "fin_prevue": days[1],
        "cloture": days[2],
        "statut": code(row["status"]),
        "statut_cloture": code(row["statut_cloture"]),
    }


def _invoice(row: Row) -> Row | None:
    days = tuple(day(row[name]) for name in ("date_creation", "date_echeance", "date_paiement"))
    if not is_readable(row["numero_facture"]) or row["montant_total"] is None:
        return None
    if days[0] is None or not _in_calendar(days[0], days[2]):
        return None
    origin = code(row["processus_origine"]) or ""
    return {
        "id": row["id"],
        "numero": text(row["numero_facture"]),
        "jour": days[0],
        "echeance": days[1],
        "paiement": days[2],
        "total": row["montant_total"],
        "sous_total": row["sous_total"],
        "statut": code(row["statut"]),
        # 'Frais de Lamev' stands for the tariff FRAIS_LAMEV.
        "origine": {"FRAIS_DE_LAMEV": "FRAIS_LAMEV"}.get(origin, origin),
        "entreprise": row["entreprise_id"],
        "demande": row["demande_attribution_id"],
        "collecte": row["collecte_id"],
        "supprimee": bool(row["is_deleted"]),
    }


def _line(row: Row) -> Row | None:
    amount = row["montant"] if row["montant_ligne"] is None else row["montant_ligne"]
    if amount is None and None not in (row["quantite"], row["prix_unitaire"]):
        amount = row["quantite"] * row["prix_unitaire"]
    return {"facture": row["facture_id"], "montant": amount}


def _payment(row: Row) -> Row | None:
    paid, entered = day(row["date_paiement"]), day(row["created_at"])
    if None in (row["montant"], entered) or not _in_calendar(paid, entered):
        return None
    return {
        "id": row["id"],
        "reference": text(row["reference_paiement"]),
        "facture": row["facture_id"],
        "montant": row["montant"],
        "paye_le": paid,
        "jour": paid or entered,
        "mode": code(row["mode_paiement"]),
        "statut": code(row["statut"]),
    }
