"""`entrepot failures`: what failed tests found is named by keys, in every kind of test, and by
nothing else.
"""

from __future__ import annotations

import json
import time
from contextlib import closing
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from ingest.catalog import load_catalog
from ingest.settings import TRANSFORMER_ROLE
from ingest.warehouse import connect
from orchestration.failures.gathering import MOST_KEYS, keys_of
from orchestration.failures.model import Failure
from orchestration.failures.project import Project
from tests.support.house import House

pytestmark = pytest.mark.e2e

# A test -> what breaks it (the commune is of a dimension, seasons and communes are raw).
BROKEN = {
    "relationships_dim_commune_code_epci__code_epci__ref_dim_epci_": (
        "update dwh_dimensions.dim_commune set code_epci = 'nowhere' where code_commune = '01001'"
    ),
    "unique_stg_reference__saisons_date_debut": (
        "insert into raw_reference.saisons (annee, saison, date_debut, date_fin, _file_id)"
        " select annee, saison, date_debut, date_fin, 'again' from raw_reference.saisons"
        " where date_debut = '2024-03-20'"
    ),
    "accepted_values_stg_reference__saisons_saison__printemps__ete__automne__hiver": (
        "update raw_reference.saisons set saison = 'mousson' where date_debut = '2023-12-22'"
    ),
    "not_null_stg_reference__communes_nom_commune": (
        "update raw_reference.communes set nom = null where code = '01002'"
    ),
    "cles_connues_fait_collectes_dim_zones_industrielles__dim_date_date_jour": (
        "insert into dwh_facts.fait_collectes (id_collecte, code_zone_industrielle, nb_zones,"
        " nb_agents, date_debut, statut_collecte, statut_cloture, montant_a_recouvrer,"
        " montant_recouvre, montant_restant, est_cloturee, est_complete, created_at)"
        " values (7, 'LUNE', 1, 1, '2024-01-01', 'x', 'x', 0, 0, 0, false, false, now())"
    ),
    "zone_perimeters_never_overlap": (
        "update dwh_dimensions.dim_zone_perimetre set valide_au = valide_du"
        " where (code_zone, valide_du) = (select code_zone, valide_du"
        " from dwh_dimensions.dim_zone_perimetre order by code_zone, valide_du limit 1)"
    ),
}


@pytest.fixture(scope="module")
def broken(house: House) -> House:
    """A row is broken for each kind of test, and a bare `dbt test` has found them all."""
    (date_type,) = {
        row[0]
        for row in house.rows(
            "select data_type from information_schema.columns where table_schema = 'raw_reference'"
            " and table_name = 'saisons' and column_name = 'date_debut'"
        )
    }
    assert date_type == "date"
    house.call_sql(*BROKEN.values())
    house.dbt("test", "--select", *BROKEN, codes=(1,))
    return house


def failures(house: House, *arguments: str, code: int = 1) -> list[dict[str, Any]]:
    """What the command says to a program."""
    done = house.entrepot("failures", "--json", *arguments, codes=(code,))
    return list(json.loads(done.out)["failures"])


def test_each_kind_of_test_names_its_rows_by_their_keys(broken: House) -> None:
    told = {one["test"]: one for one in failures(broken)}
    assert set(told) == set(BROKEN)
    assert all(one["meaning"] and one["declared_in"] for one in told.values()), told
    by_kind = {name.split("_")[0]: one for name, one in told.items()}
    assert by_kind["relationships"]["keys"] == [{"code_commune": "01001"}]
    assert by_kind["unique"]["keys"] == [{"date_debut": "2024-03-20"}]
    assert (
        by_kind["unique"]["meaning"] == "date_debut of stg_reference__saisons is never there twice."
    )
    assert by_kind["accepted"]["keys"] == [{"date_debut": "2023-12-22"}]
    (commune,) = by_kind["not"]["keys"]
    assert commune["code_commune"] == "01002" and "nom_commune" not in commune
    assert by_kind["cles"]["keys"] == [{"cle": "code_zone_industrielle", "valeur": "LUNE"}]
    (zone,) = by_kind["zone"]["keys"]
    assert set(zone) == {"code_zone", "valide_du"}
    assert by_kind["zone"]["meaning"] == "On one day a zone has one perimeter."
    assert by_kind["zone"]["declared_in"] == "tests/data/zone_perimeters_never_overlap.sql"
    assert {one["status"] for one in told.values()} == {"fail"}


def test_it_is_read_once_and_shown_on_80_columns(broken: House) -> None:
    count = "select count(*) from etl.test_failures"
    before = broken.value(count)
    listed = broken.entrepot("failures", codes=(1,))
    assert broken.value(count) == before
    assert "6 failed, 0 warned." in listed.out
    one = broken.entrepot("failures", "unique_stg_reference__saisons_date_debut", codes=(1,))
    assert "2024-03-20" in one.out and "1 shown, 1 kept" in one.out
    part = broken.entrepot("failures", "cles_connues", codes=(1,))
    assert "LUNE" in part.out
    for done in (listed, one, part):
        assert all(len(line) <= 80 for line in done.out.splitlines()), done.out
    for name, said in (("nothing_like_it", "no such test has failed"), ("a", "several tests")):
        refused = broken.entrepot("failures", name, codes=(2,))
        assert said in refused.err and refused.err.count("\n") == 1


def test_what_passes_since_is_no_longer_told_and_a_build_keeps_its_own(broken: House) -> None:
    name = "unique_stg_reference__saisons_date_debut"
    broken.call_sql("delete from raw_reference.saisons where _file_id = 'again'")
    broken.dbt("test", "--select", name)
    assert name not in {one["test"] for one in failures(broken)}
    # It fails again in a build of ours, and another command of dbt overwrites what it left.
    broken.call_sql(BROKEN[name])
    broken.entrepot("build", "--quiet", "--select", name, codes=(1,))
    broken.dbt("test", "--select", "seasons_follow_each_other")
    told = {one["test"]: one for one in failures(broken)}
    assert told[name]["keys"] == [{"date_debut": "2024-03-20"}]


def test_rows_are_bounded_in_number_and_time(
    broken: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = a_project(broken)
    many = "select code_commune from dwh_dimensions.dim_commune"
    found = asked(broken, project, many)
    assert len(found.keys) == MOST_KEYS and found.note == "only the first rows are named"
    monkeypatch.setattr("orchestration.failures.gathering.TEST_SECONDS", 0.05)
    slow = asked(broken, project, f"select code_commune from ({many}) as c, pg_sleep(2)")
    assert slow.keys == [] and "longer than" in str(slow.note)
    late = asked(broken, project, many, deadline=0.0)
    assert late.note == "not asked: the time for all tests was over"


def a_project(house: House) -> Project:
    manifest = json.loads((house.target / "manifest.json").read_bytes())
    return Project(manifest, load_catalog())


def asked(house: House, project: Project, query: str, deadline: float | None = None) -> Any:
    """What is kept of the rows of a singular test that selects so."""
    unique_id = "test.entrepot.zone_perimeters_never_overlap"
    failure = Failure("t", "fail", query, 1, datetime.now(UTC), {"unique_id": unique_id})
    with closing(connect(house.warehouse, role=TRANSFORMER_ROLE)) as opened:
        opened.set_session(readonly=True)
        until = time.monotonic() + 60 if deadline is None else deadline
        return keys_of(opened, project, failure, until)


def test_no_personal_value_and_no_words_are_kept(broken: House) -> None:
    project = a_project(broken)
    query = (
        "select 7 as id, 'aya@example.org' as email, 'Konan' as nom, 'Aya' as prenom,"
        " '0708091011' as telephone, 'dupont' as \"KundenNr\", 'dupont' as kunden_nr,"
        " 'rue 12' as adresse_1, 'bla' as commentaire, 'k.konan' as user_id,"
        " 'Konan et fils' as nom_cli, 'x' as usr_mod, 'Konan' as libelle_client"
    )
    assert asked(broken, project, query).keys == [{"id": 7}]
    words = asked(broken, project, f"select repeat('mot ', 50) as numero_commande -- {query[:20]}")
    assert words.keys == [{"numero_commande": "(too long to be a key)"}]
    none = asked(broken, project, "select 'Konan' as nom_cli")
    assert (none.keys, none.note) == ([], "none of its columns is a key")
    for query, said in (
        ("select code_zone from dwh_dimensions.nothing", "UndefinedTable"),
        ("select cast('Konan' as int) as code_zone", "InvalidTextRepresentation"),
        ("delete from dwh_dimensions.dim_zone_perimetre returning code_zone", "SyntaxError"),
    ):
        found = asked(broken, project, query)
        assert found.keys == [] and said in found.note and "Konan" not in found.note
    # Nothing that is kept is a copy of a row.
    columns = {"code_zone", "valide_du", "code_commune", "date_debut", "cle", "valeur"}
    kept = broken.rows("select distinct jsonb_object_keys(key) from etl.test_failures")
    assert columns <= {name for (name,) in kept}
    assert {name for (name,) in kept} <= project.key_names | {"cle", "valeur"}


def test_a_test_that_cannot_be_asked_is_told(broken: House) -> None:
    broken.call_sql("alter table dwh_dimensions.dim_saison rename to dim_saison_away")
    try:
        broken.dbt("test", "--select", "seasons_follow_each_other", codes=(1,))
    finally:
        broken.call_sql("alter table dwh_dimensions.dim_saison_away rename to dim_saison")
    (found,) = [one for one in failures(broken) if one["test"] == "seasons_follow_each_other"]
    assert (found["status"], found["keys"]) == ("error", [])
    assert "could not be asked" in found["note"]
    broken.dbt("test", "--select", "seasons_follow_each_other")
    assert "seasons_follow_each_other" not in {one["test"] for one in failures(broken)}


def test_results_of_another_database_are_left_alone(broken: House) -> None:
    path = broken.target / "run_results.json"
    broken.dbt("test", "--select", "zone_perimeters_never_overlap", codes=(1,))
    before = path.read_text(encoding="utf-8")
    results = json.loads(before.replace(broken.name, "elsewhere"))
    results["metadata"]["invocation_id"] = "elsewhere"
    path.write_text(json.dumps(results), encoding="utf-8")
    failures(broken)
    kept = "select count(*) from etl.test_failures where invocation_id = 'elsewhere'"
    assert broken.value(kept) == 0
    # One that is being written is no reason to fail either.
    path.write_text(before[: len(before) // 2], encoding="utf-8")
    done = broken.entrepot("failures", codes=(1,))
    assert "were not kept (JSONDecodeError)" in done.err and "Traceback" not in done.err
    path.write_text(before, encoding="utf-8")


def test_no_reader_sees_them_and_they_go_after_30_days(broken: House) -> None:
    for role in ("entrepot_reader", "entrepot_zone_reader"):
        assert not broken.value(
            "select has_schema_privilege(%s, 'etl', 'usage')"
            " or has_any_column_privilege(%s, 'etl.test_failures', 'select')",
            [role, role],
        )
    count = broken.value("select count(*) from etl.test_failures")
    later = f"{datetime.now(UTC) + timedelta(days=29):%Y-%m-%d}"
    broken.entrepot("purge", "--today", later)
    assert broken.value("select count(*) from etl.test_failures") == count > 0
    later = f"{datetime.now(UTC) + timedelta(days=32):%Y-%m-%d}"
    broken.entrepot("purge", "--today", later)
    assert broken.value("select count(*) from etl.test_failures") == 0
    (broken.target / "run_results.json").unlink()
    done = broken.entrepot("failures")
    assert done.out == "No test has failed that has not passed since.\n"
    assert failures(broken, code=0) == []
