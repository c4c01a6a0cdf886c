"""The declarations: what is read of them, and that every wrong one is named."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from ingest.catalog import (
    CatalogError,
    DatabaseOrigin,
    FilesOrigin,
    Generated,
    Priority,
    UnknownSelection,
    load_catalog,
    select,
)

ERP = """
sources:
  - name: erp
    schema: raw_erp
    config:
      meta: {ingest: {connection: ERP_URL}}
    tables:
      - name: produit
        config:
          freshness: {warn_after: {count: 24, period: hour}, error_after: {count: 36, period: hour}}
          meta:
            ingest:
              from: PUB.produit
              primary_key: [cod_pro]
              cursor: dat_mod
              cursor_precision: date
              lookback: 1d
              filter: "statut < 9"
              exclude: {zlo_9: empty since 2019}
              priority: critical
              tolerance: 0.1%
              pii: {e_mail: drop, notel: pseudonymise}
              retention: 24 months
"""
FLUX = """
anchors:
  - &common {kind: consolidated, date_column: Date, priority: high}
sources:
  - name: flux
    schema: raw_flux
    config:
      meta: {ingest: {connection: FLUX_URL, ignore: {"*_Regions*": aggregated}}}
    tables:
      - name: nuitee
        config:
          meta:
            ingest:
              <<: *common
              files: ["Nuitee_{periode}_{zone}"]
              header: [Date, "ZoneObservation|Zone", Volume]
        columns: [{name: date}, {name: volume}]
      - name: hebdo
        config:
          meta: {ingest: {connection: HEBDO_URL, files: [hebdo], header: [Date], kind: provisional}}
"""


def project(folder: Path, sources: str = "[erp, flux]", **files: str) -> Path:
    (folder / "dbt_project.yml").write_text(f"name: x\nvars: {{sources: {sources}}}\n")
    for name, text in {"erp": ERP, "flux": FLUX, **files}.items():
        path = folder / "models" / "staging" / name / f"_{name}__sources.yml"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return folder


def problem(folder: Path, **files: str) -> str:
    with pytest.raises(CatalogError) as caught:
        load_catalog(project(folder, **files))
    return str(caught.value)


def test_the_example_of_the_design_is_read_whole(tmp_path: Path) -> None:
    catalog = load_catalog(project(tmp_path))
    [table] = [table for table in catalog.tables if table.key == "erp.produit"]
    origin = table.origin
    assert isinstance(origin, DatabaseOrigin)
    assert (origin.relation, origin.primary_key, origin.cursor) == (
        "PUB.produit",
        ("cod_pro",),
        "dat_mod",
    )
    assert origin.lookback is not None and origin.lookback.exact == timedelta(days=1)
    assert table.retention is not None and table.retention.months == 24
    assert table.tolerance == pytest.approx(0.001)
    assert table.priority is Priority.critical
    assert table.pii == {"e_mail": "drop", "notel": "pseudonymise"}
    assert table.freshness is not None and table.freshness.warn_after == timedelta(days=1)
    assert table.connections == ("ERP_URL",)


def test_anchors_alternatives_and_own_connections_are_read(tmp_path: Path) -> None:
    catalog = load_catalog(project(tmp_path))
    nuitee, hebdo = next(source for source in catalog.sources if source.name == "flux").tables
    assert isinstance(nuitee.origin, FilesOrigin)
    assert nuitee.origin.header == (("Date",), ("ZoneObservation", "Zone"), ("Volume",))
    assert nuitee.priority is Priority.high
    assert hebdo.connections == ("HEBDO_URL", "FLUX_URL")
    assert isinstance(hebdo.origin, FilesOrigin) and hebdo.origin.kind == "provisional"


def test_only_listed_sources_are_landed_but_all_are_read(tmp_path: Path) -> None:
    catalog = load_catalog(project(tmp_path, sources="[flux]"))
    assert [source.name for source in catalog.sources] == ["flux", "erp"]
    assert {table.source for table in catalog.tables} == {"flux"}


def test_a_source_without_ingest_is_none_of_ours(tmp_path: Path) -> None:
    etl = "sources: [{name: etl, tables: [{name: run_log}]}]"
    assert "etl" not in [s.name for s in load_catalog(project(tmp_path, etl=etl)).sources]


def test_generated_tables_are_always_landed(tmp_path: Path) -> None:
    text = """
sources:
  - name: reference
    schema: raw_reference
    tables:
      - {name: jours, config: {meta: {ingest: {generated: true}}}}
"""
    [table] = [
        table
        for table in load_catalog(project(tmp_path, reference=text)).tables
        if table.source == "reference"
    ]
    assert isinstance(table.origin, Generated)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("lookback: 1d", "lokback: 1d", "erp.produit: lokback: unknown key"),
        ("lookback: 1d", "lookback: soon", "erp.produit: lookback: 'soon' is not a duration"),
        ("              cursor: dat_mod\n", "", "erp.produit: cursor: missing"),
        ("0.1%", "ten", "erp.produit: tolerance: 'ten' is not a share"),
        ("0.1%", "200%", "is not between 0% and 100%"),
        ("critical", "urgent", "erp.produit: priority: 'urgent' is none of"),
        ("precision: date", "precision: week", "erp.produit: cursor_precision: 'week' is none of"),
        ("e_mail: drop", "e_mail: hide", "erp.produit: pii: e_mail: 'hide' is none of"),
        ("e_mail: drop", "cod_pro: drop", "primary_key: column 'cod_pro' is dropped as `pii`"),
        ("zlo_9: empty", "dat_mod: empty", "erp.produit: cursor: column 'dat_mod' is excluded"),
        ("name: produit", "name: Produit", "name: 'Produit' is not a name in lower-case"),
        ("name: produit", f"name: {'p' * 46}", "has 46 characters, more than 45"),
        ("connection: ERP_URL", "connection: erp", "erp: connection: 'erp' is not the name"),
        ("period: hour", "period: moon", "erp.produit: freshness: 'moon' is none of"),
        ("from: PUB.produit", "files: [produit]", "erp.produit: header: missing"),
        ("filter: ", "from: ", "key 'from' comes twice"),
        (
            "lookback: 1d",
            "extents: {zal: many}",
            "extents: zal: 'many' is not a number of elements",
        ),
        ("lookback: 1d", "extents: {notel: 2}", "extents: 'notel' is personal or excluded"),
        (
            "lookback: 1d",
            "nullable_key: [hr_mod]",
            "nullable_key: 'hr_mod' is not in `primary_key`",
        ),
        ("[cod_pro]", "[_row_hash]", "cursor: a table whose key is _row_hash is always read whole"),
        ("[cod_pro]", "[cod_pro, _row_hash]", "primary_key: _row_hash is the whole key"),
    ],
)
def test_a_wrong_entry_is_named(tmp_path: Path, old: str, new: str, said: str) -> None:
    message = problem(tmp_path, erp=ERP.replace(old, new, 1))
    assert said in message
    assert "models/staging/erp/_erp__sources.yml" in message


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("*_Regions*", "[Regions", "flux: ignore: '[Regions' is not a file name pattern"),
        ("{periode}", "{jour}", "flux.nuitee: files: unknown placeholder"),
        ("date_column: Date", "date_column: Jour", "date_column: 'Jour' is not in the header"),
        ("files: [hebdo]", 'files: ["Nuitee_{periode}_{zone}"]', "both claim the file name"),
        ("name: hebdo", "name: nuitee", "flux.nuitee: name:"),
        ("{name: volume}", "{name: date}", "flux.nuitee: columns: 'date' is declared twice"),
        ("kind: provisional", "kind: weekly", "flux.hebdo: kind: 'weekly' is none of"),
        ("schema: raw_flux", "schema: [raw]", "flux: schema:"),
    ],
)
def test_a_wrong_entry_of_files_is_named(tmp_path: Path, old: str, new: str, said: str) -> None:
    assert said in problem(tmp_path, flux=FLUX.replace(old, new, 1))


def test_every_problem_is_told_at_once(tmp_path: Path) -> None:
    message = problem(
        tmp_path,
        erp=ERP.replace("lookback: 1d", "lookback: soon"),
        flux=FLUX.replace("kind: provisional", "kind: weekly"),
    )
    assert len(message.splitlines()) == 2


def test_a_cursor_must_be_among_the_declared_columns(tmp_path: Path) -> None:
    assert "cursor: column 'dat_mod' is not among `columns:`" in problem(
        tmp_path, erp=ERP + "        columns: [{name: cod_pro}]\n"
    )


def test_selection_by_source_table_and_pattern_goes_by_priority(tmp_path: Path) -> None:
    catalog = load_catalog(project(tmp_path, sources="[flux, erp]"))
    assert [t.key for t in select(catalog, [])] == ["erp.produit", "flux.nuitee", "flux.hebdo"]
    assert [t.key for t in select(catalog, ["flux"])] == ["flux.nuitee", "flux.hebdo"]
    assert [t.key for t in select(catalog, ["flux.heb*"])] == ["flux.hebdo"]
    with pytest.raises(UnknownSelection, match="it has: nuitee, hebdo"):
        select(catalog, ["flux.nuit"])
    with pytest.raises(UnknownSelection, match="listed: flux, erp"):
        select(catalog, ["flx"])


def test_the_projects_own_declarations_are_valid() -> None:
    catalog = load_catalog()
    tables = {table.key for table in catalog.tables}
    assert {"fluxvision.nuitee", "fluxvision.export_mobilite", "reference.jours"} <= tables
