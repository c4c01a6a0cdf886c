"""`entrepot validate` on a warehouse with all five demo sources: nothing differs after days of
changes, and each of many faults, made one at a time, is found and named.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from ingest.progress import Silent
from ingest.settings import TRANSFORMER_ROLE, environment
from ingest.validation.model import (
    CHANGED,
    DOUBLED,
    LOST,
    STALE,
    UNNOTED,
    Checked,
)
from ingest.warehouse import connect
from orchestration.validation.checking import Asked, Found, validate
from orchestration.validation.facts import HEADING, Audit, _audits, run_audit
from tests.support.compared import Compared, compared, live
from tests.support.house import House

pytestmark = pytest.mark.e2e


@pytest.fixture(scope="module")
def here(make_house: Callable[[str], House]) -> Iterator[Compared]:
    """The warehouse, and the environment of its user for what is called in this process."""
    house = make_house("validated")
    with compared(house) as made:
        live(made)
        before = dict(os.environ)
        os.environ.update(house.environment())
        environment.cache_clear()
        try:
            yield made
        finally:
            os.environ.clear()
            os.environ.update(before)
            environment.cache_clear()
    house.demolish()


@pytest.fixture(scope="module")
def whole(here: Compared) -> dict[str, Any]:
    """Everything compared, as a user does; before anything is spoilt."""
    return here.validate("--deep", code=0)


@pytest.fixture(scope="module")
def audits(here: Compared, whole: dict[str, Any]) -> list[Audit]:
    """The audits as the command has just compiled them."""
    return list(_audits(json.loads((here.house.target / "validation/manifest.json").read_bytes())))


def test_nothing_differs_after_days_of_changes(here: Compared, whole: dict[str, Any]) -> None:
    assert whole["equal"] and not whole["failures"]
    checks = whole["checks"]
    assert {one["source"] for one in checks} >= {
        *("fluxvision", "atelier", "sigeti", "erp", "commandes", "reference")
    }
    # Rows were compared: of every source, of both kinds, and the facts.
    for source in ("fluxvision", "atelier", "sigeti", "erp", "commandes"):
        own = [one for one in checks if one["source"] == source]
        assert sum(one["expected"] or 0 for one in own) > 100, source
        assert any(one["expected"] is None for one in own), f"{source} has facts"
        assert all(one["equal"] for one in own)
    deletes = [one for one in checks if one["counts"]]
    assert deletes, "two days of deltas have left deletions for the full load"
    assert {one["source"] for one in deletes} <= {"sigeti", "erp", "commandes"}
    noted = here.house.value(
        "select count(*) from etl.validation where run_id = %s and period is null"
        " and check_name not like '%%: %%'",
        [whole["run_id"]],
    )
    assert noted == len(checks)


def _validated(here: Compared, *select: str, deep: bool = False, strict: bool = False) -> Found:
    asked = Asked(select, deep=deep, strict=strict, facts=False)
    return validate(here.house.warehouse, asked, Silent())


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


@contextmanager
def _spoilt(here: Compared, fault: Fault) -> Iterator[str]:
    """The table with its fault, for the block; yields what the row must be called."""
    house, index = here.house, fault.select == "erp.lignecli"
    (ctid, key) = house.rows(
        f"select ctid::text, {fault.key} from {fault.table} where {fault.where}"
        " order by ctid offset 3 limit 1"
    )[0]
    house.call_sql(f"create table public.kept as table {fault.table}")
    try:
        spoil = fault.spoil.format(table=fault.table, row=f"ctid = '{ctid}'")
        house.call_sql(*spoil.split(";"))
        yield key
    finally:
        house.call_sql(
            f"truncate {fault.table}",
            f"insert into {fault.table} table public.kept",
            "drop table public.kept",
        )
        if index:
            house.call_sql("create unique index lignecli__key on raw_erp.lignecli (uniq_id)")


def _faults(checks: list[Checked]) -> list[tuple[str, str, tuple[str, ...]]]:
    return [
        (each.heading, each.key, each.columns)
        for one in checks
        for each in one.differences
        if one.is_fault(each.heading)
    ]


@pytest.mark.usefixtures("whole")
@pytest.mark.parametrize("name", IN_RAW)
def test_a_fault_in_raw_is_found_and_named(here: Compared, name: str) -> None:
    fault = IN_RAW[name]
    with _spoilt(here, fault) as key:
        found = _validated(here, fault.select, deep=fault.deep)
    ((heading, named, columns),) = _faults(found.checks)
    assert (heading, columns) == (fault.heading, fault.columns)
    assert key in named
    assert found.code == 1


@pytest.mark.usefixtures("whole")
def test_a_day_missing_in_a_file(here: Compared) -> None:
    fault = Fault(
        "fluxvision.nuitee", "raw_fluxvision.nuitee", "select 1", LOST, "_file_id || date"
    )
    with _spoilt(here, fault) as key:
        day = f"_file_id || date = '{key}'"
        numbers = here.house.rows(
            f"delete from raw_fluxvision.nuitee where {day} returning _row_number"
        )
        (one,) = (c for c in _validated(here, fault.select).checks if c.counts)
    assert one.counts == {LOST: len(numbers)} and len(numbers) > 1
    assert f"rows {min(numbers)[0]} to " in one.differences[0].key


@pytest.mark.usefixtures("whole")
def test_a_reject_lost_and_a_stale_file(here: Compared) -> None:
    house = here.house
    house.call_sql("create table public.kept as table etl.rejects")
    key = house.value("select left(_file_id, 8) || '), row ' || row_number from etl.rejects")
    house.call_sql("delete from etl.rejects")
    (told,) = _faults(_validated(here, "fluxvision").checks)
    assert told[0] == UNNOTED and key in told[1]
    house.call_sql("insert into etl.rejects table public.kept", "drop table public.kept")

    (path,) = house.rows("select min(path) from etl.file_ledger where status = 'superseded'")[0]
    swapped = (
        "update etl.file_ledger as held set status = case status when 'landed' then 'superseded'"
        " else 'landed' end from (select logical_name from etl.file_ledger where path = %s"
        " and status in ('landed', 'superseded') limit 1) as one"
        " where held.logical_name = one.logical_name and status in ('landed', 'superseded')"
    )
    for stale in (True, False):
        with house.cursor() as cursor:
            cursor.execute(swapped, (path,))
        told_now = _faults(_validated(here, "fluxvision").checks)
        assert ({heading for heading, _, _ in told_now} == {STALE}) is stale
        assert any(path in key for _, key, _ in told_now) is stale


@pytest.mark.usefixtures("whole")
def test_a_file_that_waits_is_told_and_is_no_fault(here: Compared) -> None:
    page = here.house.inbox / "Nuitee_2024B2_CARLADES.csv"
    page.write_text("Date;ZoneObservation;Provenance;CategorieVisiteur;Volume\n")
    found = _validated(here, "fluxvision")
    page.unlink()
    assert found.code == 0
    assert "FLUXVISION_URL: not landed yet: Nuitee_2024B2_CARLADES.csv" in found.notes


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
}  # fmt: skip


@pytest.mark.parametrize("name", IN_FACTS)
def test_a_fault_in_a_fact_is_found_and_named(
    here: Compared, audits: list[Audit], name: str
) -> None:
    fault = IN_FACTS[name]
    model = fault.table.partition(".")[2]
    own = {model, "tourism_volumes_by_period"} if name == "a volume changed" else {model}
    below = [
        audit
        for audit in audits
        if audit.model in own or (audit.source != "fluxvision" and f'"{model}"' in audit.query)
    ]
    with (
        _spoilt(here, fault) as key,
        closing(connect(here.house.warehouse, role=TRANSFORMER_ROLE)) as opened,
    ):
        checks = [run_audit(opened, audit) for audit in below]
    assert not [one.failure for one in checks if one.failure]
    told = [each.key for one in checks for each in one.differences]
    assert any(key in named for named in told), told
    if len(own) > 1:
        assert any("famille=diurne_pays" in named for named in told)


@pytest.mark.usefixtures("whole")
def test_the_command_tells_it_in_80_columns_and_on_a_page(here: Compared) -> None:
    fault = IN_RAW["a value changed by 0.01"]
    with _spoilt(here, fault) as key:
        select = ("--select", "sigeti.factures", "--no-facts")
        said = here.house.entrepot("validate", *select, codes=(1,))
    assert max(map(len, said.out.splitlines())) <= 80 or "Report: " in said.out
    assert f"    {key}: montant_total: " in said.out
    assert "1 tables compared" in said.out and ": 1 differences" in said.out
    page = Path(said.out.split("Report: ")[1].split("\n")[0])
    assert f"<td>{key}</td><td>montant_total</td>" in page.read_text(encoding="utf-8")
    logged = here.house.rows(
        "select status, rows > 0, error from etl.run_log where step = 'validate'"
        " and table_name = 'factures' order by logged_at desc limit 1"
    )
    assert logged == [("failed", True, "source and raw image: 1 changed in the warehouse")]


@pytest.mark.usefixtures("whole")
def test_a_source_that_does_not_answer_stops_no_other(here: Compared) -> None:
    away = "postgresql://nobody@127.0.0.1:1/none"
    select = ("--select", "sigeti.lots", "--select", "erp.tabgco", "--no-facts", "--json")
    done = here.house.entrepot("validate", *select, codes=(1,), SIGETI_URL=away)
    answer = json.loads(done.out)
    assert len(answer["failures"]) == 1 and "SIGETI_URL" in answer["failures"][0]
    assert [(one["table"], one["equal"]) for one in answer["checks"]] == [("tabgco", True)]
    wrong = here.house.entrepot("validate", "--select", "sigeti.nothing", codes=(2,))
    assert len(wrong.err.splitlines()) == 1 and "has no such table" in wrong.err


def test_after_a_full_load_nothing_is_left_to_explain(
    here: Compared, whole: dict[str, Any]
) -> None:
    databases = [word for name in ("sigeti", "erp", "commandes") for word in ("--select", name)]
    here.house.ingest("--mode", "full", *databases)
    found = _validated(here, "sigeti", "erp", "commandes", strict=True)
    assert found.code == 0 and not any(one.counts for one in found.checks)
