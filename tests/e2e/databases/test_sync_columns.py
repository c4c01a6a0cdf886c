"""`entrepot sync-columns` writes what the source has, and leaves alone what a person wrote."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from ingest.catalog import DatabaseOrigin, load_catalog
from ingest.settings import environment
from orchestration.sync_columns import sync_columns
from tests.support.depot import Depot
from tests.support.odbc import odbc_url

pytestmark = pytest.mark.e2e

DECLARED = """\
version: 2

# What a person wrote about the ERP.
sources:
  - name: sigeti
    schema: raw_sigeti
    config:
      meta: {ingest: {connection: SIGETI_URL}}
    tables:
      - name: client   # customers
        description: One row per customer.
        config:
          meta:
            ingest:
              from: PUB.client
              primary_key: [cod_cli]
              extents: {adresse: 2}
              pii: {e_mail: drop, notel: pseudonymise}
              exclude: {zlo_1: empty}
        columns:
          - {name: cod_cli, data_type: integer, description: "Our own words."}
          - name: nom_cli
            data_type: text
            description: "Name."

          - {name: _run_id, data_type: text, description: "The run."}

      # The last comment stays last.
"""
CLIENT = (
    'create schema "PUB"',
    'create table "PUB".client (cod_cli integer primary key, nom_cli varchar(40),'
    ' "gencod-v" varchar(14),'
    " adresse varchar(90), e_mail text, notel varchar(20), zlo_1 boolean, mt_franco numeric(12,2))",
    """comment on column "PUB".client."gencod-v" is 'Code barres: "EAN", 13 chiffres'""",
)


@pytest.fixture
def project(tmp_path: Path, depot: Depot, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    depot.source.execute(*CLIENT)
    _points_at(odbc_url(depot.source.name), monkeypatch)
    models = tmp_path / "models"
    models.mkdir()
    (models / "_sigeti__sources.yml").write_text(DECLARED, encoding="utf-8")
    yield tmp_path
    monkeypatch.undo()
    environment.cache_clear()


def _points_at(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SIGETI_URL", url)
    environment.cache_clear()


def text(project: Path) -> str:
    return (project / "models" / "_sigeti__sources.yml").read_text(encoding="utf-8")


def sync(depot: Depot, project: Path, *tables: str, dry_run: bool = False) -> int:
    return sync_columns(depot.house.warehouse, "sigeti", tables, dry_run=dry_run, project=project)


def added(project: Path, before: str = DECLARED) -> list[str]:
    """The lines that were added; every line of before is still there, in its order."""
    lines, new = iter(text(project).splitlines()), []
    for line in before.splitlines():
        for found in lines:
            if found == line:
                break
            new.append(found.strip())
        else:
            pytest.fail(f"{line!r} is gone")
    return [*new, *(line.strip() for line in lines)]


def test_what_is_missing_is_added_before_the_lineage(
    depot: Depot, project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert sync(depot, project) == 0
    new = added(project)
    assert [line.split(",")[0] for line in new] == [
        "- {name: gencod_v",
        "- {name: adresse",
        "- {name: adresse_1",
        "- {name: adresse_2",
        "- {name: notel",
        "- {name: mt_franco",
    ]
    assert 'data_type: "numeric(12,2)"' in new[-1]
    assert text(project).index("mt_franco") < text(project).index("_run_id")
    columns = {c.name: c.data_type for c in load_catalog(project).sources[0].tables[0].columns}
    assert columns["notel"] == "text" and columns["mt_franco"] == "numeric(12,2)"
    assert "+ gencod_v (varchar(14))" in capsys.readouterr().out
    noted = depot.house.rows("select step, status, error from etl.run_log order by error")
    assert ("list", "warn", "schema_change: + gencod_v (varchar(14))") in noted
    # What is in line stays untouched, and says so.
    before = text(project)
    assert sync(depot, project, "client") == 0
    assert text(project) == before
    assert "sigeti.client: as declared" in capsys.readouterr().out


def test_the_sources_own_labels_become_descriptions(
    depot: Depot, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The stand-in's driver tells no labels, its own reader does.
    _points_at(depot.source.url, monkeypatch)
    assert sync(depot, project) == 0
    assert r'description: "Code barres: \"EAN\", 13 chiffres"' in text(project)
    assert "type: character varying(14)" not in text(project), "a type with brackets is quoted"


def test_a_dry_run_writes_and_records_nothing(depot: Depot, project: Path) -> None:
    assert sync(depot, project, dry_run=True) == 0
    assert text(project) == DECLARED
    assert depot.house.rows("select * from etl.run_log") == []


def test_a_changed_type_follows_the_source_unless_a_person_chose_another(
    depot: Depot, project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    sync(depot, project)
    chosen = (
        text(project)
        .replace("adresse, data_type: text", 'adresse, data_type: "character varying"')
        .replace("name: gencod_v, data_type: text", "name: gencod_v, data_type: bigint")
    )
    (project / "models" / "_sigeti__sources.yml").write_text(chosen, encoding="utf-8")
    depot.source.execute(
        'alter table "PUB".client alter mt_franco type bigint, alter "gencod-v" type integer'
        " using null, drop column notel"
    )
    capsys.readouterr()
    assert sync(depot, project) == 0
    out = capsys.readouterr().out
    assert "~ mt_franco: numeric(12,2) is now int8" in out
    assert "- notel: the source has it no longer" in out
    columns = {c.name: c.data_type for c in load_catalog(project).sources[0].tables[0].columns}
    assert columns["mt_franco"] == "bigint"
    assert columns["gencod_v"] == "bigint", "what a person chose"
    assert "notel" in columns
    assert "type: int4, landed_as: text" in text(project)


def test_a_table_that_nobody_declared_is_added_and_lands(
    depot: Depot, project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    depot.source.execute(
        'create table "PUB".soumission (uniq_id bigint, "n-lig" integer, e_mail text,'
        " dat_mod date)",
        'create unique index on "PUB".soumission (uniq_id)',
        """insert into "PUB".soumission values (1, 2, 'a@b', '2025-01-01')""",
    )
    assert sync(depot, project, "soumission") == 0
    table = next(t for t in load_catalog(project).tables if t.name == "soumission")
    assert isinstance(table.origin, DatabaseOrigin)
    assert table.origin.relation == "PUB.soumission"
    assert table.origin.primary_key == ("uniq_id",)
    assert (table.origin.cursor, table.origin.cursor_precision) == ("dat_mod", "date")
    assert table.pii == {"e_mail": "drop"}
    assert [c.name for c in table.columns] == ["uniq_id", "n_lig", "dat_mod"]
    assert depot.land(table, url=odbc_url(depot.source.name))["soumission"].counts.inserted == 1
    assert depot.raw("n_lig", "soumission", order="1") == [(2,)]
    assert "new table: {from: " in capsys.readouterr().out
    added(project)


def test_what_cannot_be_synced_is_one_line(
    depot: Depot, project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert sync(depot, project, "nothing", "client") == 1
    captured = capsys.readouterr()
    assert captured.err.startswith("sigeti.nothing: nothing: SIGETI_URL has no such table")
    assert "+ gencod_v" in captured.out, "the others are done"
