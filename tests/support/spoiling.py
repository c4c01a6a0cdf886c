"""Faults that a warehouse may have, made one at a time in a table and undone."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

from ingest.validation.model import CHANGED, DOUBLED, LOST
from orchestration.validation.facts import HEADING
from tests.support.compared import Compared


@dataclass(frozen=True)
class Fault:
    """Something that goes wrong in a table, and what must be said of it.

    table: where; spoil: SQL with {row} for a condition on one row. row: which row, as SQL on the
    table; key: SQL that gives the words by which it must be named.
    """

    select: str
    table: str
    spoil: str
    heading: str
    key: str
    columns: tuple[str, ...] = ()
    where: str = "true"
    deep: bool = False


IN_RAW = {
    "a row lost": Fault(
        "sigeti.paiement_factures", "raw_sigeti.paiement_factures",
        "delete from {table} where {row}", LOST, "'id=' || id",
    ),
    "a value changed by 0.01": Fault(
        "sigeti.factures", "raw_sigeti.factures",
        "update {table} set montant_total = montant_total + 0.01 where {row}",
        CHANGED, "'id=' || id", ("montant_total",),
    ),
    "a column swapped with another": Fault(
        "sigeti.factures", "raw_sigeti.factures",
        "update {table} set montant_total = sous_total, sous_total = montant_total where {row}",
        CHANGED, "'id=' || id", ("montant_total", "sous_total"), "montant_total <> sous_total",
    ),
    "a boolean flipped": Fault(
        "sigeti.lots", "raw_sigeti.lots",
        "update {table} set viabilite = not viabilite where {row}",
        CHANGED, "'id=' || id", ("viabilite",), "viabilite is not null",
    ),
    "a moment shifted by an hour": Fault(
        "sigeti.collectes", "raw_sigeti.collectes",
        "update {table} set updated_at = updated_at + interval '1 hour' where {row}",
        CHANGED, "'id=' || id", ("updated_at",),
    ),
    "a character without its accent": Fault(
        "erp.client", "raw_erp.client",
        "update {table} set nom_cli = translate(nom_cli, 'éèÉÈ', 'eeEE') where {row}",
        CHANGED, "'cod_cli=' || cod_cli", ("nom_cli",), "nom_cli ~ '[éèÉÈ]'",
    ),
    "a row of a database doubled": Fault(
        "erp.lignecli", "raw_erp.lignecli",
        "drop index raw_erp.lignecli__key;"
        "insert into {table} select * from {table} where {row}",
        DOUBLED, "'uniq_id=' || uniq_id",
    ),
    "a key of three columns": Fault(
        "erp.hisprixa", "raw_erp.hisprixa",
        "update {table} set px_refa = px_refa + 0.01 where {row}",
        CHANGED, "'cod_fou=' || cod_fou || ', cod_pro=' || cod_pro", ("px_refa",),
        "px_refa is not null",
    ),
    "a row without a key of its own": Fault(
        "commandes.p_zubeh", "raw_commandes.p_zubeh",
        "update {table} set stueck = stueck + 0.01 where {row}",
        CHANGED, "'_row_hash=' || _row_hash", ("stueck",), "stueck is not null",
    ),
    "a null that has become empty": Fault(
        "commandes.a_kopf", "raw_commandes.a_kopf",
        "update {table} set auftragsart = '' where {row}",
        CHANGED, "'id=' || id", ("auftragsart",), "auftragsart is not null",
    ),
    "a line of a file lost": Fault(
        "fluxvision.nuitee", "raw_fluxvision.nuitee",
        "delete from {table} where {row}",
        LOST, "left(_file_id, 8) || '), row ' || _row_number",
    ),
    "a line of a file doubled": Fault(
        "fluxvision.diurne", "raw_fluxvision.diurne",
        "insert into {table} select * from {table} where {row}",
        DOUBLED, "left(_file_id, 8) || '), row ' || _row_number",
    ),
    "a line of a log shifted by an hour": Fault(
        "atelier", "raw_atelier.lignes_log",
        "update {table} set texte = overlay(texte placing '23' from 10) where {row}",
        CHANGED, "left(_file_id, 8)", ("texte",), "texte like '2025%|@Stuk%'", deep=True,
    ),
    "a code without its leading zero": Fault(
        "fluxvision.lieu_activite_soir", "raw_fluxvision.lieu_activite_soir",
        "update {table} set code_insee_diurne_soir = ltrim(code_insee_diurne_soir, '0')"
        " where {row}",
        CHANGED, "left(_file_id, 8) || '), row ' || _row_number", ("code_insee_diurne_soir",),
        "code_insee_diurne_soir like '0%'", deep=True,
    ),
    "two columns of a file swapped": Fault(
        "fluxvision.nuitee", "raw_fluxvision.nuitee",
        "update {table} set vacances_a = jour_de_la_semaine, jour_de_la_semaine = vacances_a"
        " where {row}",
        CHANGED, "left(_file_id, 8) || '), row ' || _row_number",
        ("vacances_a", "jour_de_la_semaine"), deep=True,
    ),
}  # fmt: skip


def rounds(faults: Mapping[str, Fault]) -> list[list[str]]:
    """The names of the faults in rounds, in each of which no table is spoilt twice: what differs
    in a table is then what its fault did. Those that are found with `deep` alone come apart.
    """
    made: dict[tuple[bool, int], list[str]] = {}
    for name, fault in faults.items():
        turn = sum(fault.table == faults[other].table for each in made.values() for other in each)
        made.setdefault((fault.deep, 0 if fault.deep else turn), []).append(name)
    return list(made.values())


@contextmanager
def spoilt(here: Compared, fault: Fault) -> Iterator[str]:
    """The table with its fault, for the block; yields what the row must be called."""
    house, index = here.house, fault.select == "erp.lignecli"
    (ctid, key) = house.rows(
        f"select ctid::text, {fault.key} from {fault.table} where {fault.where}"
        " order by ctid offset 3 limit 1"
    )[0]
    kept = f"public.kept_{fault.table.replace('.', '_')}"
    house.call_sql(f"create table {kept} as table {fault.table}")
    try:
        spoil = fault.spoil.format(table=fault.table, row=f"ctid = '{ctid}'")
        house.call_sql(*spoil.split(";"))
        yield key
    finally:
        house.call_sql(
            f"truncate {fault.table}",
            f"insert into {fault.table} table {kept}",
            f"drop table {kept}",
        )
        if index:
            house.call_sql("create unique index lignecli__key on raw_erp.lignecli (uniq_id)")


IN_FACTS = {
    "a row of a slice lost": Fault(
        "", "dwh_facts.fait_nuitees", "delete from {table} where {row}", HEADING,
        "'date_jour=' || date_jour || ', code_zone=' || code_zone || ', code_provenance='"
        " || code_provenance || ', code_categorie=' || code_categorie",
    ),
    "a volume changed": Fault(
        "", "dwh_facts.fait_diurnes_pays", "update {table} set volume = volume + 1 where {row}",
        HEADING,
        "'date_jour=' || date_jour || ', code_zone=' || code_zone || ', code_provenance='"
        " || code_provenance || ', code_categorie=' || code_categorie || ', code_pays='"
        " || code_pays",
    ),
    "a row of another file": Fault(
        "", "dwh_facts.fait_sejours_duree", "update {table} set _file_id = 'x' where {row}",
        HEADING, "'date_jour=' || date_jour || ', code_zone=' || code_zone",
    ),
    "a place in another commune": Fault(
        "", "dwh_facts.fait_lieux", "update {table} set code_commune = '00000' where {row}",
        HEADING, "'date_jour=' || date_jour || ', code_zone=' || code_zone",
    ),
    "a piece an hour later": Fault(
        "", "dwh_facts.fait_piece_production",
        "update {table} set timestamp_production = timestamp_production + interval '1 hour'"
        " where {row}",
        HEADING, "'moment=' || timestamp_production",
    ),
    "a wait lost": Fault(
        "", "dwh_facts.fait_periode_attente", "delete from {table} where {row}",
        HEADING, "'moment=' || timestamp_debut",
    ),
    "a payment of one cent more": Fault(
        "", "dwh_facts.fait_paiements",
        "update {table} set montant_paiement = montant_paiement + 0.01 where {row}",
        HEADING, "'id_paiement=' || id_paiement",
    ),
    "a request approved": Fault(
        "", "dwh_facts.fait_attributions",
        "update {table} set statut_demande = 'AUTRE' where {row}",
        HEADING, "'id_demande=' || id_demande",
    ),
    "an order line lost": Fault(
        "", "dwh_facts.fait_lignes_commande", "delete from {table} where {row}",
        HEADING, "'id_ligne_commande=' || id_ligne_commande",
    ),
    "a price of one cent less": Fault(
        "", "dwh_facts.fait_prix_achat",
        "update {table} set prix_achat = prix_achat - 0.01 where {row}",
        HEADING, "'cle_prix=' || cle_prix || ', numero_palier=' || numero_palier",
        where="prix_achat is not null",
    ),
    "an order lost": Fault(
        "", "dwh_facts.fait_commandes_volets_roulants", "delete from {table} where {row}",
        HEADING, "'numero_commande=' || numero_commande || ', extension=' || extension",
    ),
    "a box of one piece more": Fault(
        "", "dwh_facts.fait_commandes_coffres",
        "update {table} set quantite = quantite + 1 where {row}", HEADING,
        "'numero_commande=' || numero_commande || ', extension=' || extension || ', code_coffre='"
        " || code_coffre",
        where="quantite is not null",
    ),
    "a provisional volume changed": Fault(
        "", "dwh_facts.fait_provisoires", "update {table} set volume = volume + 1 where {row}",
        HEADING,
        "'date_jour=' || date_jour || ', code_zone=' || code_zone || ', famille=' || famille",
    ),
    "a version of another content": Fault(
        "", "ods.snap_sigeti__factures", "update {table} set _row_hash = 'x' where {row}",
        HEADING, "'cle=' || id || ', ecart=not as'", where="dbt_valid_to is null",
    ),
    "a version that is gone": Fault(
        "", "ods.snap_erp__hisprixa", "delete from {table} where {row}",
        HEADING, "'cle=' || cle_prix || ', ecart=not as'", where="dbt_valid_to is null",
    ),
    "a version that ends before it begins": Fault(
        "", "ods.snap_erp__produit",
        "update {table} set dbt_valid_to = dbt_valid_from - interval '1 day' where {row}",
        HEADING, "'cle=' || cod_pro || ', ecart=two versions'",
    ),
}  # fmt: skip
