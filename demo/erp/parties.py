"""Customers (client) and suppliers (fournis)."""

from __future__ import annotations

from demo.erp.codes import (
    BUYERS,
    COUNTRIES,
    CUSTOMER_FAMILIES,
    CUSTOMER_KINDS,
    SALESMEN,
    SUPPLIER_COUNTRIES,
    SUPPLIER_FAMILIES,
    USERS,
)
from demo.erp.columns import Column, Draw, Table, day_text, escaped, packed
from demo.erp.generic import Widths, widened
from demo.erp.size import BASE_DATE, Making, customer, supplier

_TRADES = (
    *("GARAGE", "CARROSSERIE", "TRANSPORTS", "ETS", "SARL", "AUTOS", "S.A.S.", "POIDS LOURDS"),
    *("RÉGIE", "Société", "TP", "AGRI", "LOCATION", "MÉCANIQUE"),
)
_FAMILY_NAMES = (
    *("MARTIN", "BERNARD", "LACOSTE", "FAURÉ", "VIDAL", "DELPUECH", "COMBES", "ROUX & FILS"),
    *("PÉLISSIER", "DE L'ESTANG", "Cœur de Margeride", "CHAUVET", "MAZET", "LÉVÊQUE", "NOËL"),
    *("BOISSIÈRE", "GIRARD", "SOULIER", "TEISSÈDRE", "ANDRIEU"),
)
_TOWNS = (
    *("AURILLAC", "SAINT-FLOUR", "MAURIAC", "CLERMONT-FERRAND", "LYON", "RODEZ", "BRIVE", "TULLE"),
    *("ARPAJON SUR CÈRE", "LE PUY-EN-VELAY", "FIGEAC", "MENDE", "ISSOIRE", "MILLAU", "NÎMES"),
    *("VIC-SUR-CÈRE", "L'ISLE-D'ABEAU", "ŒUILLY", "Saint-Étienne", "MONTLUÇON"),
)
_STREETS = ("rue de la Gare", "av. de la République", "bd du Pont Rouge", "ZI de Sistrières",
            "chemin de l'Étang", "route d'Aurillac")  # fmt: skip
_SECOND_LINES = ("", "", "", "BP 412", "Bât. A; porte 2", "ZA Nord ~ lot 7", "Cedex 9")


def _address(draw: Draw) -> str:
    """Three lines; some have a `;` or a `~` of their own."""
    first = f"(1 + {draw('street number', 180)}) || ' ' || {draw.pick('street', _STREETS)}"
    second = escaped(draw.pick("second line", _SECOND_LINES))
    return packed(first, second, draw.sometimes("third line", 60, "'Étage 2'", "''"))


def _country(draw: Draw) -> str:
    """France for most."""
    return draw.sometimes("home", 820, "'FR'", draw.pick("pays", COUNTRIES))


def _phone(draw: Draw) -> str:
    number = f"'04 71 ' || to_char({draw('phone', 1_000_000)}, 'FM00 00 00')"
    return draw.marked("phone", 70, number)


def user(draw: Draw, purpose: str) -> str:
    """Who wrote it."""
    return draw.pick(purpose, USERS)


def zones(making: Making, table: str, third: str = "''") -> list[Column]:
    """The free zones that come as arrays of five.

    Args:
        third: SQL of the third element of `zta`.
    """
    draw = making.draw(table)
    letter = draw.pick("zal", ("", "", "", "A", "B", "VIP"))
    number = draw.marked("znu", 300, draw.masked("znu", f"({draw('znu', 900_000)} * 0.01)"))
    day = draw.sometimes(
        "zda", 300, day_text(f"date '{BASE_DATE}' - {draw('zda day', 3000)}"),
        draw.pick("no zda", ("00/00/0000", "00000000", "?", "")),
    )  # fmt: skip
    first = draw.pick("zta", ("", "", "S1", "S2"))
    nothing = "''"
    return [
        Column("zal", "varchar(120)", "Zones alphanumériques",
               packed(letter, nothing, "'?'", nothing, nothing)),
        Column("znu", "varchar(90)", "Zones numériques",
               packed(number, "'0'", "'0'", "'0'", "'0'")),
        # Older rows were written when there were four of them.
        Column("zta", "varchar(60)", "Zones table",
               draw.sometimes("short zta", 50, packed(first, nothing, third, nothing),
                              packed(first, nothing, third, nothing, nothing))),
        Column("zda", "varchar(60)", "Zones date", packed(day, "'?'", "'?'", "'?'", "'?'")),
    ]  # fmt: skip


def dates(
    making: Making, table: str, null_permille: int = 0, created: str | None = None
) -> list[Column]:
    """Who made and changed a row, and when; `created`: the SQL of the date it was made."""
    draw = making.draw(table)
    made = created or making.created(draw)
    changed = making.modified(draw, made, null_permille)
    return [
        Column("dat_crt", "date", "Date de création", made),
        Column("dat_mod", "date", "Date de modification", changed),
        Column("usr_crt", "varchar(12)", "Utilisateur création", user(draw, "usr_crt")),
        Column("usr_mod", "varchar(12)", "Utilisateur modification", user(draw, "usr_mod")),
    ]


def client(making: Making) -> Table:
    """Customers; the sixth status is one that nobody explained."""
    draw = making.draw("client")
    name = f"{draw.pick('trade', _TRADES)} || ' ' || {draw.pick('name', _FAMILY_NAMES)}"
    status = draw.weighed("statut", {0: 860, 1: 60, 2: 20, 8: 30, 9: 28, 3: 2})
    named = [
        Column("cod_cli", "integer", "Code client", customer("k"), needed=True),
        Column("nom_cli", "varchar(60)", "Nom client", draw.padded("nom_cli", f"({name})", 60)),
        Column("adresse", "varchar(120)", "Adresse", _address(draw)),
        Column("ville", "varchar(40)", "Ville",
               draw.marked("ville", 12, draw.padded("ville", draw.pick("town", _TOWNS), 32))),
        Column("pays", "varchar(4)", "Pays", _country(draw)),
        Column("typ_elem", "varchar(4)", "Type élément", draw.pick("typ_elem", CUSTOMER_KINDS)),
        # The fifth customer has it at any scale.
        Column("statut", "integer", "Statut", f"case when k = 5 then 3 else {status} end"),
        Column("famille", "varchar(6)", "Famille client",
               draw.marked("famille", 15, draw.pick("famille", CUSTOMER_FAMILIES))),
        Column("depot", "integer", "Dépôt", f"1 + 5 * {draw('depot', 16)}"),
        Column("no_tarif", "integer", "Numéro de tarif", f"1 + {draw('no_tarif', 9)}"),
        Column("tarif", "varchar(10)", "Tarif",
               f"'T' || (1 + {draw('tarif', 30)})"),
        Column("commerc_1", "varchar(6)", "Commercial 1", draw.pick("commerc_1", SALESMEN)),
        Column("commerc_2", "varchar(6)", "Commercial 2",
               draw.sometimes("commerc_2", 120, draw.pick("commerc_2", SALESMEN), "''")),
        Column("mt_franco", "numeric(12,2)", "Montant franco",
               f"150 * {draw('mt_franco', 8)}"),
        Column("notel", "varchar(20)", "Téléphone", _phone(draw)),
        Column("e_mail", "varchar(80)", "Adresse électronique",
               draw.sometimes("e_mail", 650, "'contact' || k || '@exemple.fr'", "''")),
        *dates(making, "client", null_permille=22),
        Column("TabPart_client", "varchar(30)", "Table particulière client",
               draw.sometimes("tabpart", 90, f"'GRP-' || {draw('tabpart', 40)}")),
        *zones(making, "client"),
    ]  # fmt: skip
    wide = Widths(boolean=102, integer=77, text=106, numeric=20, date=11, null=50, constant=140)
    return Table("client", widened("client", making, named, wide), indexes=(("cod_cli", True),))


def fournis(making: Making) -> Table:
    """Suppliers."""
    draw = making.draw("fournis")
    name = f"{draw.pick('name', _FAMILY_NAMES)} || ' ' || {draw.pick('trade', _TRADES)}"
    siret = "to_char(30000000000000 + k * 104729, 'FM00000000000000')"
    named = [
        Column("cod_fou", "integer", "Code fournisseur", supplier("k"), needed=True),
        Column("nom_fou", "varchar(60)", "Nom fournisseur",
               draw.padded("nom_fou", f"({name})", 60)),
        Column("adresse", "varchar(120)", "Adresse", _address(draw)),
        Column("ville", "varchar(40)", "Ville",
               draw.marked("ville", 12, draw.padded("ville", draw.pick("town", _TOWNS), 32))),
        Column("pays", "varchar(4)", "Pays",
               draw.sometimes("home", 700, "'FR'", draw.pick("pays", SUPPLIER_COUNTRIES))),
        Column("famille", "varchar(6)", "Famille fournisseur",
               draw.pick("famille", SUPPLIER_FAMILIES)),
        Column("mt_franco", "numeric(12,2)", "Montant franco",
               f"250 * {draw('mt_franco', 12)}"),
        Column("mt_mini", "numeric(12,2)", "Montant minimum de commande",
               f"50 * {draw('mt_mini', 10)}"),
        Column("del_liv_1", "integer", "Délai de livraison (jours)", f"{draw('del_liv', 45)}"),
        Column("del_appro_1", "integer", "Délai d'approvisionnement (jours)",
               f"{draw('del_appro', 90)}"),
        Column("coef_ach_1", "numeric(8,4)", "Coefficient d'achat",
               f"1 + {draw('coef_ach', 2500)} * 0.0001"),
        Column("coef_vte_1", "numeric(8,4)", "Coefficient de vente",
               f"1.2 + {draw('coef_vte', 9000)} * 0.0001"),
        Column("siret", "varchar(14)", "SIRET", draw.marked("siret", 150, siret)),
        Column("ape", "varchar(6)", "Code APE",
               draw.marked("ape", 100, draw.pick("ape", ("4531Z", "4532Z", "2932Z", "4519Z")))),
        Column("acheteur", "varchar(6)", "Acheteur", draw.pick("acheteur", BUYERS)),
        Column("notation", "varchar(2)", "Notation",
               draw.pick("notation", ("A", "A", "B", "C", "D", "?"))),
        *dates(making, "fournis", null_permille=79),
        Column("notel", "varchar(20)", "Téléphone", _phone(draw)),
        Column("e_mail", "varchar(80)", "Adresse électronique",
               draw.sometimes("e_mail", 800, "'ventes' || k || '@exemple.com'", "''")),
    ]  # fmt: skip
    wide = Widths(boolean=66, integer=48, text=76, numeric=18, date=8, null=32, constant=91)
    return Table("fournis", widened("fournis", making, named, wide), indexes=(("cod_fou", True),))
