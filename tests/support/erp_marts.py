"""What the marts of commerce must hold, calculated in plain Python from the rows of the ERP.

Written from docs/erp_marts.md, not from the SQL. A table is a dictionary from key to columns.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise
from typing import Any

from psycopg2 import sql
from psycopg2.extensions import connection as Connection

from tests.support.house import House
from tests.support.sigeti_numbers import rounded, total
from tests.support.tables import Row, Tables, tables_differ

UNKNOWN = "INCONNU"
BREAKS = 10
FIRST_DAY, LAST_DAY = date(2015, 1, 1), date(2035, 12, 31)
# The columns of the source that are read here; they have the same names in raw.
COLUMNS = {
    "client": ("cod_cli", "nom_cli", "statut"),
    "fournis": ("cod_fou",),
    "produit": ("cod_pro",),
    "tabgco": ("type_tab", "n_tab"),
    "hisprixa": ("cod_fou", "cod_pro", "dat_px", "hr_mod", "px_refa", "qte_rq", "px_ach_rq"),
    "lignecli": (
        *("uniq_id", "cod_cli", "no_cde", "qte", "qte_rlk", "qte_dejl", "qte_res", "px_ach"),
        *("pmp", "mt_ht", "devise", "dat_liv", "gratuit", "famille", "dat_crt"),
    ),
}
KEYS = {
    "fait_prix_achat": (
        *("code_fournisseur_source", "code_produit_source", "date_prix", "heure_prix"),
        "numero_palier",
    ),
    "mart_commerce_prix_achat": ("code_fournisseur_source", "code_produit_source"),
    "mart_commerce_carnet_commandes": ("code_client", "code_famille", "code_semaine", "devise"),
    "mart_commerce_portefeuille_clients": ("code_client", "devise"),
}
# Marks of the build; what the price fact copies from the source as it is; a label of a dimension.
LEFT_OUT = {
    "_run_id",
    "created_at",
    "cle_prix",
    "code_depot",
    "date_modification",
    "libelle_statut",
}


@dataclass
class Known:
    """Customers, suppliers and products that the warehouse has ever seen, gone ones included."""

    customers: dict[str, Row] = field(default_factory=dict)
    suppliers: set[str] = field(default_factory=set)
    products: set[str] = field(default_factory=set)

    def learn(self, rows: Mapping[str, Sequence[Row]]) -> None:
        """What a build sees."""
        self.customers |= {str(row["cod_cli"]): row for row in rows["client"]}
        self.suppliers |= {str(row["cod_fou"]) for row in rows["fournis"]}
        self.products |= {str(row["cod_pro"]) for row in rows["produit"]}


def rows_of(opened: Connection, schema: str) -> dict[str, list[Row]]:
    """The rows of the source, or of the image of it, as they are now."""
    found = {}
    for table, columns in COLUMNS.items():
        with opened.cursor() as cursor:
            cursor.execute(
                sql.SQL("select {} from {}").format(
                    sql.SQL(", ").join(map(sql.Identifier, columns)),
                    sql.Identifier(schema, table),
                )
            )
            found[table] = [dict(zip(columns, row, strict=True)) for row in cursor]
    return found


def differences_from(
    house: House, rows: Mapping[str, Sequence[Row]], known: Known, today: date
) -> list[str]:
    """Every difference of the price fact and the marts from what the rows say, in words."""
    return tables_differ(house, calculated(rows, known, today), KEYS, LEFT_OUT)


def calculated(rows: Mapping[str, Sequence[Row]], known: Known, today: date) -> Tables:
    """The price fact and the three marts."""
    prices = _prices(rows["hisprixa"])
    families = {
        (_text(row["n_tab"]) or "").upper() for row in rows["tabgco"] if row["type_tab"] == "FA"
    }
    lines = [_line(row, families, known, today) for row in rows["lignecli"]]
    return {
        "fait_prix_achat": _breaks(prices, known),
        "mart_commerce_prix_achat": _price_changes(prices, known),
        "mart_commerce_carnet_commandes": _order_book(lines, today),
        "mart_commerce_portefeuille_clients": _customers(lines, known, today),
    }


# Reading


def _text(value: Any) -> str | None:
    stripped = str(value).strip() if value is not None else ""
    return None if stripped in {"", "?", ".", "---"} else stripped


def _number(value: str | None) -> Decimal | None:
    """A number as a mask leaves it; the demo has no thousands with points."""
    text = _text(value)
    if text is None:
        return None
    text = re.sub(r"\s", "", text).replace(",", ".")
    return -Decimal(text[:-1]) if text.endswith("-") else Decimal(text)


def _day(value: str | None) -> date | None:
    found = re.fullmatch(r"(\d\d)/(\d\d)/(\d{4})", (value or "").strip())
    if found is None or found[0] == "00/00/0000":
        return None
    day = datetime.strptime(found[0], "%d/%m/%Y").date()
    return day if FIRST_DAY <= day <= LAST_DAY else None


def _elements(packed: str | None) -> list[str | None]:
    """The elements of an array of numbers; none of one that is longer than it may be."""
    found = (packed or "").split(";")
    return [*found, *[None] * (BREAKS - len(found))] if len(found) <= BREAKS else [None] * BREAKS


def _rate(part: Decimal | None, whole: Decimal | None) -> Decimal | None:
    """In %; nothing of what is not above 0."""
    if part is None or whole is None or whole <= 0:
        return None
    return rounded(Fraction(100) * Fraction(part) / Fraction(whole))


# Prices


def _prices(rows: Sequence[Row]) -> dict[tuple[str, str], list[Row]]:
    """The prices of each supplier and product, in their order, with the day on which each ends."""
    found = defaultdict(list)
    for row in rows:
        if FIRST_DAY <= row["dat_px"] <= LAST_DAY:
            found[str(row["cod_fou"]), str(row["cod_pro"])].append(row)
    for prices in found.values():
        prices.sort(key=lambda row: (row["dat_px"], row["hr_mod"] is not None, row["hr_mod"]))
        for earlier, later in pairwise(prices):
            earlier["end"] = later["dat_px"]
        prices[-1]["end"] = None
        for row in prices:
            quantities, asked = _elements(row["qte_rq"]), _elements(row["px_ach_rq"])
            row["breaks"] = {
                number: (quantity, price)
                for number, (quantity, price) in enumerate(
                    zip(map(_number, quantities), map(_number, asked), strict=True), start=1
                )
                if quantity is not None and quantity > 0
            }
    return dict(found)


def _breaks(
    prices: Mapping[tuple[str, str], Sequence[Row]], known: Known
) -> dict[tuple[Any, ...], Row]:
    found = {}
    for pair, own in prices.items():
        for rank, row in enumerate(own, start=1):
            for number, (quantity, price) in {0: (0, row["px_refa"]), **row["breaks"]}.items():
                found[(*pair, row["dat_px"], row["hr_mod"], number)] = {
                    "code_fournisseur": pair[0] if pair[0] in known.suppliers else UNKNOWN,
                    "code_produit": pair[1] if pair[1] in known.products else UNKNOWN,
                    "quantite_minimum": quantity,
                    "prix_achat": price,
                    "rang_prix": rank,
                    "date_fin": row["end"],
                    "est_dernier": row["end"] is None,
                }
    return found


def _price_changes(
    prices: Mapping[tuple[str, str], Sequence[Row]], known: Known
) -> dict[tuple[Any, ...], Row]:
    found: dict[tuple[Any, ...], Row] = {}
    for (supplier, product), own in prices.items():
        priced = [row for row in own if row["px_refa"]]
        changes = [pair for pair in pairwise(priced) if pair[0]["px_refa"] != pair[1]["px_refa"]]
        before, after = changes[-1] if changes else ({}, {})
        first, last = (priced[0], priced[-1]) if priced else ({}, {})
        breaks = last.get("breaks", {}).values()
        every = [row["px_refa"] for row in priced]
        latest, oldest = last.get("px_refa"), first.get("px_refa")
        found[supplier, product] = {
            "code_fournisseur": supplier if supplier in known.suppliers else UNKNOWN,
            "code_produit": product if product in known.products else UNKNOWN,
            "nb_prix": len(priced),
            "nb_changements": len(changes),
            "date_premier_prix": first.get("dat_px"),
            "premier_prix": oldest,
            "date_dernier_changement": after.get("dat_px"),
            "prix_precedent": before.get("px_refa"),
            "date_dernier_prix": last.get("dat_px"),
            "dernier_prix": latest,
            "hausse": _rate(latest - before["px_refa"], before["px_refa"]) if before else None,
            "hausse_totale": _rate(latest - oldest, oldest) if priced else None,
            "prix_min": min(every, default=None),
            "prix_max": max(every, default=None),
            "nb_paliers": len(breaks),
            "prix_meilleur_palier": min((price for _, price in breaks if price), default=None),
        }
    _compare(found)
    return found


def _compare(changes: dict[tuple[Any, ...], Row]) -> None:
    """The suppliers of each product beside each other."""
    rivals = defaultdict(dict)
    for (supplier, product), row in changes.items():
        rivals[product][supplier] = row
    for own in rivals.values():
        offers = sorted((row["dernier_prix"], code) for code, row in own.items() if row["nb_prix"])
        lowest, cheapest = offers[0] if offers else (None, None)
        for row in own.values():
            price = row["dernier_prix"]
            cheaper = [offer for offer, _ in offers if price is not None and offer < price]
            row |= {
                "nb_fournisseurs": len(offers),
                "prix_moins_cher": lowest,
                "fournisseur_moins_cher": cheapest,
                "rang_fournisseur": None if price is None else 1 + len(cheaper),
                "est_moins_cher": price is not None and price == lowest,
                "ecart_moins_cher": None if price is None else _rate(price - lowest, lowest),
            }


# Orders


def _line(row: Row, families: set[str], known: Known, today: date) -> Row:
    family = (_text(row["famille"]) or "").upper()
    ordered, amount = row["qte"], row["mt_ht"]
    remaining = max(ordered - (row["qte_dejl"] or 0), Decimal(0))
    cost = row["pmp"] if row["px_ach"] is None else row["px_ach"]
    due = _day(row["dat_liv"])
    late = due is not None and due < today and remaining > 0
    return {
        **row,
        "customer": str(row["cod_cli"]) if str(row["cod_cli"]) in known.customers else UNKNOWN,
        "family": family if family in families else UNKNOWN,
        "currency": (_text(row["devise"]) or "EUR").upper(),
        "due": due,
        "remaining": remaining,
        "left": rounded(Fraction(amount) * Fraction(remaining) / Fraction(ordered))
        if ordered > 0
        else Decimal(0),
        "margin": None if cost is None else rounded(Fraction(amount) - Fraction(ordered * cost)),
        "late": late,
        "free": (_text(row["gratuit"]) or "").upper() in {"1", "Y", "YES", "TRUE", "OUI"},
    }


def _figures(lines: Sequence[Row]) -> Row:
    """What both marts of orders say of lines."""
    late = [line for line in lines if line["late"]]
    returns = [line for line in lines if line["qte"] < 0]
    with_margin = [line for line in lines if line["margin"] is not None]
    margin = total(line["margin"] for line in with_margin)
    return {
        "nb_lignes": len(lines),
        "montant_ht": total(line["mt_ht"] for line in lines),
        "montant_restant": total(line["left"] for line in lines),
        "marge": margin,
        "taux_marge": _rate(margin, total(line["mt_ht"] for line in with_margin)),
        "nb_lignes_sans_marge": len(lines) - len(with_margin),
        "nb_lignes_en_retard": len(late),
        "montant_en_retard": total(line["mt_ht"] for line in late),
        "montant_restant_en_retard": total(line["left"] for line in late),
        "nb_lignes_gratuites": sum(line["free"] for line in lines),
        "nb_retours": len(returns),
        "montant_retours": total(line["mt_ht"] for line in returns),
    }


def _order_book(lines: Sequence[Row], today: date) -> dict[tuple[Any, ...], Row]:
    groups = defaultdict(list)
    for line in lines:
        due = line["due"]
        week = "SANS_DATE" if due is None else "{}-S{:02}".format(*due.isocalendar()[:2])
        groups[line["customer"], line["family"], week, line["currency"]].append(line)
    found = {}
    for key, own in groups.items():
        due = own[0]["due"]
        delays = [(today - line["due"]).days for line in own if line["late"]]
        found[key] = {
            "date_semaine": due and date.fromisocalendar(*due.isocalendar()[:2], 1),
            "quantite_commandee": total(line["qte"] for line in own),
            "quantite_livree": total(line["qte_dejl"] for line in own),
            "quantite_reservee": total(line["qte_res"] for line in own),
            "quantite_reliquat": total(line["qte_rlk"] for line in own),
            "quantite_restante": total(line["remaining"] for line in own),
            **_figures(own),
            "retard_max_jours": max(delays, default=None),
        }
    return found


def _customers(lines: Sequence[Row], known: Known, today: date) -> dict[tuple[Any, ...], Row]:
    groups = defaultdict(list)
    for line in lines:
        groups[line["customer"], line["currency"]].append(line)
    for code in {*known.customers, UNKNOWN} - {customer for customer, _ in groups}:
        groups[code, "EUR"] = []
    found: dict[tuple[Any, ...], Row] = {}
    for (code, currency), own in groups.items():
        customer = known.customers.get(code, {"nom_cli": "Inconnu", "statut": None})
        status, figures = customer["statut"], _figures(own)
        days = [line["dat_crt"] for line in own if line["dat_crt"] and line["dat_crt"] <= today]
        last = max(days, default=None)
        is_stopped = status in {1, 8, 9}
        found[code, currency] = {
            "nom_client": _text(customer["nom_cli"]) or code,
            "statut_client": status,
            "est_bloque": status in {1, 8},
            "est_a_supprimer": status == 9,
            "nb_commandes": len({line["no_cde"] for line in own} - {None}),
            **figures,
            "montant_bloque": figures["montant_ht"] if is_stopped else 0,
            "montant_restant_bloque": figures["montant_restant"] if is_stopped else 0,
            "date_derniere_commande": last,
            "jours_depuis_commande": None if last is None else (today - last).days,
        }
    for currency in {currency for _, currency in found}:
        own = {code: row for (code, spent), row in found.items() if spent == currency}
        _concentrate(own)
    return found


def _concentrate(customers: Mapping[str, Row]) -> None:
    """Share, rank and class of the customers of a currency."""
    whole = total(max(row["montant_ht"], 0) for row in customers.values())
    before, rank = Decimal(0), 0
    for _, row in sorted(customers.items(), key=lambda one: (-one[1]["montant_ht"], one[0])):
        own = max(row["montant_ht"], Decimal(0))
        row |= {"part": _rate(own, whole), "rang": None, "part_cumulee": None}
        row["classe_abc"] = "SANS_COMMANDE"
        if row["nb_lignes"]:
            rank += 1
            limits = (("A", Decimal("0.80")), ("B", Decimal("0.95")))
            row["rang"], row["part_cumulee"] = rank, _rate(before + own, whole)
            row["classe_abc"] = next((name for name, up in limits if before < up * whole), "C")
        before += own
