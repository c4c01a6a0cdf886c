"""Open order lines of customers (lignecli)."""

from __future__ import annotations

from demo.erp.codes import CURRENCIES, SALESMEN
from demo.erp.columns import Column, Table, day_text
from demo.erp.generic import Widths, widened
from demo.erp.parties import dates
from demo.erp.size import Making, customer, product


def lignecli(making: Making) -> Table:
    """Order lines: 18 lines make five orders, of one customer each.

    A few customers order most. No index says that `uniq_id` is unique: one day it will not be.
    """
    draw = making.draw("lignecli")
    of_order = draw.by("order_place")
    customers, products = making.in_use("customers"), making.in_use("ordered")
    # The product of two draws makes small numbers frequent.
    often = (
        f"{of_order('cod_cli', customers)}::bigint * {of_order('cod_cli again', customers)} "
        f"/ {customers}"
    )
    chosen = f"({of_order.sometimes('anybody', 300, of_order('anybody', customers), often)})"
    numbered = f"{product(making.number('ordered', draw('cod_pro', products)))}::integer"
    quantity = draw.weighed("qte", {1: 40, 2: 25, 4: 15, 6: 5, 10: 8, 24: 4, 50: 2, 200: 1})
    delivered = draw.weighed("delivered", {0: 70, 1: 24, 2: 5, 3: 1})
    due = draw.sometimes(
        "framework", 300,
        f"made + 200 + {draw('dat_liv framework', 430)}",
        f"made + 2 + {draw('dat_liv', 120)}",
    )  # fmt: skip
    steps = f"""
        cross join lateral (select (k - 1) * 5 / 18 as order_place offset 0) as placed
        cross join lateral (select {making.created(of_order)} as made offset 0) as dated
        cross join lateral (
            select
                {customer(making.number("customers", chosen))} as cod_cli,
                {numbered} as ordered,
                {quantity}::numeric as qte,
                {delivered} as state,
                {draw("remise1", 9)} * 2.5 as remise1,
                {draw.often("gratuit", 15)} as is_free,
                {due} as due
            offset 0
        ) as line
        left join (
            select
                cod_pro as known, nom_pro, px_refv, px_refa, pmp, cod_fou, refint,
                famille, s_famille
            from "PUB".produit
        ) as p on p.known = ordered
        cross join lateral (
            select
                case state when 0 then 0 when 1 then floor(qte / 2) when 2 then qte
                    else qte + 1 end as qte_dejl,
                round(coalesce(p.px_refv, 10) * (0.9 + {draw("px_vte", 250)} * 0.001), 4) as px_vte
            offset 0
        ) as priced"""
    no_delivery = draw.pick("no dat_liv", ("00/00/0000", "00/00/0000", "00000000", "?"))
    named = [
        Column("uniq_id", "bigint", "Identifiant unique", "7000000000 + k * 11"),
        Column("cod_cli", "integer", "Code client", "cod_cli"),
        Column("typ_sai", "varchar(1)", "Type de saisie",
               of_order.sometimes("typ_sai", 880, "'C'", "'F'")),
        Column("no_cde", "integer", "Numéro de commande", "400000 + order_place"),
        Column("no_bl", "integer", "Numéro de bon de livraison",
               f"case when qte_dejl > 0 then 900000 + {draw('no_bl', 90_000)} else 0 end"),
        Column("no_ligne", "integer", "Numéro de ligne", "k - (order_place * 18 + 4) / 5"),
        Column("cod_pro", "integer", "Code produit", "ordered"),
        Column("nom_pro", "varchar(60)", "Désignation", "p.nom_pro"),
        Column("qte", "numeric(12,3)", "Quantité commandée", "qte"),
        Column("qte_rlk", "numeric(12,3)", "Quantité en reliquat",
               "case when state = 1 then qte - qte_dejl else 0 end"),
        Column("qte_dejl", "numeric(12,3)", "Quantité déjà livrée", "qte_dejl"),
        Column("qte_res", "numeric(12,3)", "Quantité réservée",
               f"case when state = 0 and {draw.often('qte_res', 400)} then qte else 0 end"),
        Column("px_vte", "numeric(14,4)", "Prix de vente", "px_vte"),
        Column("remise1", "numeric(6,2)", "Remise 1", "remise1"),
        Column("px_ach", "numeric(14,4)", "Prix d'achat",
               draw.sometimes("px_ach", 780, "p.px_refa")),
        Column("pmp", "numeric(14,4)", "Prix moyen pondéré", "p.pmp"),
        Column("mt_ht", "numeric(14,2)", "Montant HT",
               "case when is_free then 0 "
               "else round(qte * px_vte * (1 - remise1 / 100), 2) end"),
        Column("devise", "varchar(3)", "Devise",
               of_order.sometimes("devise", 640, of_order.pick("devise", CURRENCIES))),
        Column("code_tva", "integer", "Code TVA", f"1 + {draw('code_tva', 3)}"),
        Column("depot", "integer", "Dépôt", f"1 + 2 * {draw('depot', 35)}"),
        Column("dat_liv", "varchar(10)", "Date de livraison prévue",
               draw.sometimes("no dat_liv", 50, no_delivery, day_text("due"))),
        Column("cod_fou", "integer", "Code fournisseur", "p.cod_fou"),
        Column("gratuit", "varchar(5)", "Gratuit",
               f"case when is_free then {draw.pick('free', ('OUI', 'oui', '1', 'Y', 'TRUE'))} "
               f"else {draw.spelled('gratuit', 0)} end"),
        Column("reliquat", "varchar(5)", "Reliquat",
               f"case when state = 1 then {draw.spelled('reliquat yes', 1000)} "
               f"else {draw.spelled('reliquat', 0)} end"),
        Column("refint", "varchar(30)", "Référence interne", "p.refint"),
        Column("famille", "varchar(6)", "Famille", "p.famille"),
        Column("s_famille", "varchar(6)", "Sous-famille", "p.s_famille"),
        Column("commerc_1", "varchar(6)", "Commercial 1",
               of_order.pick("commerc_1", SALESMEN)),
        *dates(making, "lignecli", null_permille=5, created="made"),
        Column("hr_mod", "varchar(8)", "Heure de modification",
               draw.sometimes("hr_mod", 930, draw.hour("hr_mod", 7, 19))),
        Column("comment_lig", "text", "Commentaire de ligne",
               draw.sometimes("comment_lig", 80, "'Voir bon ' || k")),
    ]  # fmt: skip
    wide = Widths(boolean=110, integer=95, text=124, numeric=72, date=18, null=75, constant=158)
    return Table(
        "lignecli",
        widened("lignecli", making, named, wide),
        steps=steps,
        indexes=(("uniq_id", False), ("cod_pro", False)),
    )
