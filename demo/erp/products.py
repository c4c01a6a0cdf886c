"""Products (produit) and what suppliers asked for them (hisprixa)."""

from __future__ import annotations

from demo.erp.codes import BRANDS, GROUPS, PRODUCT_FAMILIES, PRODUCT_KINDS, QUALITIES, SUB_FAMILIES
from demo.erp.columns import Column, Draw, Table, packed
from demo.erp.generic import Widths, widened
from demo.erp.parties import dates, user, zones
from demo.erp.size import BASE_DATE, Making, product, supplier

_THINGS = (
    *("DISQUE DE FREIN", "PLAQUETTES AV", "AMORTISSEUR", "FILTRE À HUILE", "COURROIE", "ROTULE"),
    *("FEU ARRIÈRE LED", "KIT EMBRAYAGE", "RÉSERVOIR D'AIR", "VALVE RELAIS", "BÂCHE 2,5 m"),
    *("ESSUIE-GLACE", "ROULEMENT", "JOINT SPI", "ALTERNATEUR 24V", "BATTERIE 12V; 95Ah"),
    *("CÂBLE ABS", "ÉTRIER", "COUSSIN D'AIR", "MOYEU"),
)
# The dates on which prices changed before day 0, every fourth day.
PRICE_DAYS = 284


def _supplier(making: Making, draw: Draw, other: str = "0") -> str:
    """The main supplier of a product, or another one of those in use."""
    used = making.in_use("suppliers")
    return supplier(making.number("suppliers", f"(({draw('cod_fou', used)} + {other}) % {used})"))


def _price(draw: Draw) -> str:
    """The present purchase price: many cheap products, few dear ones."""
    return f"round(0.4 + {draw('px_refa', 1000)} * {draw('px_refa again', 1000)} * 0.0009, 4)"


def produit(making: Making) -> Table:
    """Products; the first is the product 1 that stands for free texts."""
    draw = making.draw("produit")
    price = _price(draw)
    reference = (
        f"{draw.pick('reference', ('A', 'B', 'C', 'D', 'K', 'M', 'X', '7', '9'))} "
        f"|| {draw('refint', 1_000_000)}"
    )
    replaced_by = product(f"1 + {draw('art_remp', making.rows('produit'))}")
    weight = draw.sometimes(
        "no weight", 3, "'0,10-'", draw.masked("poid", f"({draw('poid_net', 150_000)} * 0.01)")
    )
    quality = draw.marked("quality", 80, draw.pick("quality", QUALITIES))
    named = [
        Column("cod_pro", "integer", "Code produit", product("k"), needed=True),
        Column("nom_pro", "varchar(60)", "Désignation",
               draw.padded("nom_pro", "case when k = 1 then 'ARTICLE DIVERS' "
                           f"else {draw.pick('thing', _THINGS)} || ' ' || k end", 60)),
        Column("nom_pr2", "varchar(60)", "Désignation 2",
               draw.marked("nom_pr2", 600, draw.pick("nom_pr2", _THINGS))),
        Column("refint", "varchar(30)", "Référence interne",
               draw.sometimes("refint", 470, draw.padded("refint", f"({reference})", 20))),
        Column("refext", "varchar(30)", "Référence externe",
               draw.marked("refext", 40, f"'E' || {draw('refext', 9_000_000)}")),
        Column("typ_elem", "varchar(4)", "Type élément",
               draw.sometimes("article", 900, draw.pick("article", ("AR", "AR", "AR", "ARC")),
                              draw.pick("typ_elem", PRODUCT_KINDS))),
        Column("statut", "integer", "Statut",
               draw.weighed("statut", {0: 830, 1: 50, 2: 30, 8: 50, 9: 40})),
        Column("groupe", "varchar(4)", "Groupe", draw.pick("groupe", GROUPS)),
        Column("famille", "varchar(6)", "Famille",
               draw.padded("famille", draw.pick("famille", PRODUCT_FAMILIES), 6)),
        Column("s_famille", "varchar(6)", "Sous-famille",
               draw.marked("s_famille", 20, draw.pick("s_famille", SUB_FAMILIES))),
        Column("marque", "varchar(12)", "Marque",
               draw.marked("marque", 60, draw.pick("marque", BRANDS))),
        Column("cod_fou", "integer", "Fournisseur principal",
               draw.sometimes("cod_fou", 960, _supplier(making, draw))),
        Column("px_refv", "numeric(14,4)", "Prix de référence vente", f"{price} * 1.65"),
        Column("px_refa", "numeric(14,4)", "Prix de référence achat", price),
        Column("pmp", "numeric(14,4)", "Prix moyen pondéré",
               f"{price} * (0.93 + {draw('pmp', 90)} * 0.001)"),
        Column("px_rvt", "numeric(14,4)", "Prix de revient", f"{price} * 1.07"),
        Column("px_std", "numeric(14,4)", "Prix standard",
               draw.sometimes("px_std", 300, price, "0")),
        Column("coef_1", "numeric(8,4)", "Coefficient 1",
               f"1.3 + {draw('coef_1', 9000)} * 0.0001"),
        Column("gencod-v", "varchar(14)", "Gencod unité de vente",
               draw.sometimes("gencod-v", 32, "'3' || to_char(k * 7919, 'FM000000000000')")),
        Column("mult-fou", "boolean", "Multi-fournisseur", draw.often("mult-fou", 150)),
        Column("consigne", "varchar(5)", "Article consigne", draw.spelled("consigne", 18)),
        Column("ges_stk", "varchar(5)", "Géré en stock", draw.spelled("ges_stk", 870)),
        Column("poid_net", "varchar(12)", "Poids net", draw.marked("poid_net", 120, weight)),
        Column("art_remp", "integer", "Article de remplacement",
               draw.sometimes("art_remp", 40, replaced_by, draw.sometimes("no art", 500, "0"))),
        *dates(making, "produit"),
        *zones(making, "produit", third=quality),
        Column("MScod_fou", "integer", "Fournisseur multi-sociétés",
               draw.sometimes("MScod_fou", 110, _supplier(making, draw, "1"))),
        Column("desc_tech", "text", "Descriptif technique",
               draw.sometimes("desc_tech", 50, "'Montage : voir notice ' || k")),
    ]  # fmt: skip
    wide = Widths(boolean=190, integer=150, text=170, numeric=83, date=20, null=185, constant=288)
    return Table("produit", widened("produit", making, named, wide), indexes=(("cod_pro", True),))


def hisprixa(making: Making) -> Table:
    """Purchase prices: of each product in turn, then again of each.

    The second price of a product is later than the first, except for one product of thirty whose
    price changed twice on one day. Every seventh second price is another supplier's.
    """
    draw = making.draw("hisprixa")
    priced, used = making.in_use("priced"), making.in_use("suppliers")
    of_product = draw.by("place")
    twice_a_day = of_product.often("same day", 33)
    another = (
        f"case when turn % 2 = 1 and not {twice_a_day} and {of_product.often('another', 150)} "
        f"then 1 + {of_product('other', max(1, used - 1))} else 0 end"
    )
    half = PRICE_DAYS // 2
    place_of_day = (
        f"case when turn = 0 or {twice_a_day} then {of_product('dat_px', half)} "
        f"else {half} + {of_product('dat_px again', half)} end"
    )
    day = (
        f"date '{making.today}'" if making.day
        else f"(date '{BASE_DATE}' - 4 * ({PRICE_DAYS - 1} - ({place_of_day})))"
    )  # fmt: skip
    first, second = draw.hour("hr_mod", 7, 12), draw.hour("hr_mod", 13, 18)
    steps = f"""
        cross join lateral (
            select (k - 1) % {priced} as place, (k - 1) / {priced} as turn offset 0
        ) as course
        cross join lateral (
            select place + 1 as number, {day} as dat_px, {another} as other offset 0
        ) as dated
        cross join lateral (
            select
                {_supplier(making, making.draw("produit").by("number"), "other")} as cod_fou,
                round({_price(making.draw("produit").by("number"))}
                    * (0.88 + 0.06 * turn + {draw("px_refa", 60)} * 0.001), 4) as price,
                {draw.weighed("breaks", {0: 15, 1: 50, 2: 15, 3: 15, 5: 4, 10: 1})} as breaks
            offset 0
        ) as asked"""
    named = [
        Column("cod_fou", "integer", "Code fournisseur", "cod_fou", needed=True),
        Column("cod_pro", "integer", "Code produit", product("number"), needed=True),
        Column("dat_px", "date", "Date du prix", "dat_px", needed=True),
        Column("hr_mod", "varchar(8)", "Heure de modification",
               draw.sometimes("no hour", 109, f"case when {twice_a_day} and turn = 0 "
                              f"then {first} end",
                              f"case when turn % 2 = 0 then {first} else {second} end")),
        Column("px_refa", "numeric(14,4)", "Prix de référence achat", "price"),
        Column("qte", "varchar(40)", "Quantités", "'0;0;0;0;0'", constant=True),
        Column("px_ach", "varchar(60)", "Prix d'achat", "'0;0;0;0;0'", constant=True),
        Column("qte_rq", "varchar(90)", "Quantités de rupture", _break_quantities(draw)),
        Column("px_ach_rq", "varchar(140)", "Prix d'achat par rupture", _break_prices(draw)),
        Column("depot", "integer", "Dépôt", f"1 + {draw('depot', 2)}"),
        Column("usr_mod", "varchar(12)", "Utilisateur modification", user(draw, "usr_mod")),
        Column("dat_mod", "date", "Date de modification",
               f"date '{making.today}'" if making.day
               else f"least(dat_px + {draw('dat_mod', 4)}, date '{BASE_DATE}')"),
    ]  # fmt: skip
    wide = Widths(boolean=6, integer=10, text=16, numeric=12, date=4, null=6, constant=2)
    return Table(
        "hisprixa",
        widened("hisprixa", making, named, wide),
        steps=steps,
        # As in the real one it lets two rows pass whose hour is null.
        indexes=(("cod_fou, cod_pro, dat_px, hr_mod", True), ("cod_pro", False)),
    )


def _break_quantities(draw: Draw) -> str:
    """`1;10;50;0...`: from how many pieces each price holds; 0 where there is no break."""
    quantities = (1, 5, 10, 25, 50, 100, 200, 500, "1 000", "2 000")
    return packed(
        *(
            f"case when breaks > {place} then '{quantity}' else '0' end"
            for place, quantity in enumerate(quantities)
        )
    )


def _break_prices(draw: Draw) -> str:
    """`12.50;11.20;9.90;0...`: each break is cheaper; every fourth row has commas."""
    prices = packed(
        *(
            f"case when breaks > {place} "
            f"then to_char(price * {1 - place * 0.04:.2f}, 'FM999990.00') else '0' end"
            for place in range(10)
        )
    )
    return draw.sometimes("commas", 250, f"replace({prices}, '.', ',')", prices)
