"""The hundreds of columns that nobody asked for: names, types, and what little they hold.

A table of the ERP is as wide as every option that it was ever sold with: of the 613 columns of
produit 185 are null and 288 hold the same value in every row. Which ones does not follow from the
seed, so that the tables of two databases have the same columns.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from random import Random

from demo.erp.columns import Column, Draw, text
from demo.erp.size import BASE_DATE, Making

_Stems = tuple[tuple[str, str, str], ...]

# A stem, its label, and the type; a stem that ends in `_` is numbered from 1, another from 2.
_BOOLEANS: _Stems = tuple(
    (stem, label, "boolean")
    for stem, label in (
        ("zlo_", "Zone logique"),
        ("edi_act", "Échange EDI actif"),
        ("fac_bl", "Facturation par BL"),
        ("cde_web", "Commande web"),
        ("mult-cli", "Multi-client"),
        ("ges-lot", "Gestion par lot"),
        ("MSges_ser", "Gestion série multi-sociétés"),
        ("bloque", "Bloqué"),
        ("imprime", "Imprimé"),
        ("exclu_stat", "Exclu des statistiques"),
        ("nego", "Tarif négocié"),
    )
)
_INTEGERS: _Stems = tuple(
    (stem, label, "integer")
    for stem, label in (
        ("znu2_", "Zone numérique entière"),
        ("cod_tva", "Code TVA"),
        ("nb_ex", "Nombre d'exemplaires"),
        ("delai_", "Délai"),
        ("no_ordre", "Numéro d'ordre"),
        ("cpt-nb", "Compteur"),
        ("niveau_", "Niveau"),
        ("MSno_soc", "Société"),
    )
)
_TEXTS: _Stems = (
    ("zal2_", "Zone alphanumérique", "varchar(20)"),
    ("cod_geo", "Code géographique", "varchar(6)"),
    ("mod_liv", "Mode de livraison", "varchar(3)"),
    ("cod_cpt", "Compte comptable", "varchar(10)"),
    ("zta2_", "Zone table", "varchar(4)"),
    ("lib-lib", "Libellé libre", "varchar(40)"),
    ("langue", "Langue", "varchar(3)"),
    ("ref_edi", "Référence EDI", "varchar(24)"),
    ("MScod_ser", "Code service multi-sociétés", "varchar(8)"),
    ("TabPart_zon", "Table particulière", "varchar(30)"),
    ("phonet", "Nom phonétique", "varchar(60)"),
    ("nom-fic", "Nom de fichier", "varchar(120)"),
    ("comment_", "Commentaire", "varchar(255)"),
)
_NUMERICS: _Stems = (
    ("remise_sup", "Remise", "numeric(6,2)"),
    ("tx_com", "Taux de commission", "numeric(8,4)"),
    ("mt_cum_", "Montant cumulé", "numeric(14,2)"),
    ("qt_cum_", "Quantité cumulée", "numeric(12,3)"),
    ("px_net", "Prix net", "numeric(14,4)"),
    ("coef-rev", "Coefficient de revient", "numeric(8,4)"),
    ("zde_", "Zone décimale", "numeric(12,2)"),
)
_DATES: _Stems = tuple(
    (stem, label, "date")
    for stem, label in (
        ("zda2_", "Zone date"),
        ("dat_deb", "Date de début"),
        ("dat_fin", "Date de fin"),
        ("dat-rel", "Date de relance"),
    )
)
_STEMS = {
    "boolean": _BOOLEANS,
    "integer": _INTEGERS,
    "text": _TEXTS,
    "numeric": _NUMERICS,
    "date": _DATES,
}
_KINDS = {"varchar": "text", "bigint": "integer"}
_WORDS = ("STANDARD", "ATELIER", "Rayon été", "à vérifier", "EXPORT", "série 2", "ex-négoce")


@dataclass(frozen=True)
class Widths:
    """How wide a table is: its columns by type, and how many of all are null or constant."""

    boolean: int
    integer: int
    text: int
    numeric: int
    date: int
    null: int
    constant: int


def kind(column: Column) -> str:
    """The family of a column's type."""
    stem = column.type.split("(")[0]
    return _KINDS.get(stem, stem)


def widened(
    table: str, making: Making, named: Sequence[Column], wanted: Widths
) -> tuple[Column, ...]:
    """The named columns among the generic ones that make the table as wide as the real one."""
    order = Random(f"columns of {table}")
    taken = {column.name for column in named}
    found = [kind(column) for column in named]
    blanks = [
        blank
        for family in _STEMS
        for blank in _names(family, getattr(wanted, family) - found.count(family), taken)
    ]
    order.shuffle(blanks)
    constant = wanted.constant - sum(column.constant for column in named)
    draw = making.draw(table)
    generic = []
    for place, (family, name, label, type_) in enumerate(blanks):
        if place < wanted.null:
            generic.append(Column(name, type_, label))
        elif place < wanted.null + constant:
            value = _constant(order, family)
            generic.append(Column(name, type_, label, value, constant=True))
        else:
            value = _varying(order, draw, family, name, type_)
            generic.append(Column(name, type_, label, value))
    order.shuffle(generic)
    return tuple(_among(named, generic))


def _names(family: str, count: int, taken: set[str]) -> Iterator[tuple[str, str, str, str]]:
    """So many names that are not taken: each stem in turn, then each with the next number."""
    number = 0
    while count > 0:
        number += 1
        for stem, label, type_ in _STEMS[family]:
            plain = number == 1 and not stem.endswith("_")
            name = stem if plain else f"{stem}{number}"
            if name in taken or count == 0:
                continue
            count -= 1
            yield family, name, label if plain else f"{label} {number}", type_


def _among(named: Sequence[Column], generic: Sequence[Column]) -> Iterator[Column]:
    """The named columns in their order, the first five in front, the others spread."""
    first, later = named[:5], named[5:]
    yield from first
    done = 0
    for place, column in enumerate(later, start=1):
        yield column
        until = len(generic) * place // len(later)
        yield from generic[done:until]
        done = until


def _constant(order: Random, family: str) -> str:
    """What a column holds that nobody fills in."""
    choices = {
        "boolean": ("false", "false", "false", "true"),
        "integer": ("0", "0", "0", "1"),
        "text": ("''", "''", "'?'", "'N'", "'.'", "'---'"),
        "numeric": ("0", "0", "1"),
        "date": ("date '1900-01-01'",),
    }
    return order.choice(choices[family])


def _varying(order: Random, draw: Draw, family: str, name: str, type_: str) -> str:
    value = {
        "boolean": lambda: draw.often(name, order.choice((5, 30, 150, 400))),
        "integer": lambda: _integer(order, draw, name),
        "text": lambda: _text(order, draw, name, type_),
        "numeric": lambda: f"{draw(name, order.choice((500, 5_000, 99_999)))} * 0.01",
        "date": lambda: f"(date '{BASE_DATE}' - {draw(name, 2_000)})",
    }[family]()
    if order.random() < 0.35:
        return draw.sometimes(f"null {name}", order.choice((100, 400, 700, 950)), "null", value)
    return value


def _integer(order: Random, draw: Draw, name: str) -> str:
    number = draw(name, order.choice((2, 5, 12, 90, 9_000)))
    return draw.sometimes(f"zero {name}", 500, "0", number) if order.random() < 0.5 else number


def _text(order: Random, draw: Draw, name: str, type_: str) -> str:
    width = int(type_.split("(")[1].rstrip(")"))
    if width <= 4:
        return draw.pick(name, ["FR", "A", "B1", "ZZ", "?", ""][: order.randrange(2, 7)])
    if width <= 10:
        value = f"{text(order.choice('ABMTZ'))} || {draw(name, order.choice((20, 300, 9_999)))}"
    else:
        value = f"{draw.pick(name, _WORDS)} || ' ' || {draw(f'{name} number', 400)}"
    if order.random() < 0.4:
        value = draw.padded(name, f"({value})", min(width, 24))
    return draw.marked(name, 60, value) if order.random() < 0.5 else value
