"""The declarations: what is read of them, and that every wrong one is named."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import pytest

from ingest.catalog import (
    CatalogError,
    DatabaseOrigin,
    FilesOrigin,
    Generated,
    LinesOrigin,
    Priority,
    Subject,
    UnknownSelection,
    grammar,
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


LOGS = """
sources:
  - name: logs
    schema: raw_logs
    config: {meta: {ingest: {connection: LOGS_URL}}}
    tables:
      - name: lignes
        config:
          meta:
            ingest:
              format: lines
              files: ["{dossier}/{jour}{suite}"]
              extensions: [.LOG, .trace]
              values: {machine: folder, texte: line}
        columns: [{name: machine}, {name: texte}]
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


def test_a_person_is_declared_by_columns_alone_or_with_more(tmp_path: Path) -> None:
    subject = (
        "subject: {client: {columns: cod_pro, erase: delete},"
        " agent: {columns: [usr_crt, usr_mod], personal: [nom]}}"
    )
    catalog = load_catalog(project(tmp_path, erp=ERP.replace("lookback: 1d", subject)))
    [table] = [table for table in catalog.tables if table.key == "erp.produit"]
    assert table.subjects == (
        Subject("client", ("cod_pro",), deletes=True),
        Subject("agent", ("usr_crt", "usr_mod"), ("nom",)),
    )


def test_retention_needs_a_day_of_each_row(tmp_path: Path) -> None:
    undated = ERP.replace("              cursor: dat_mod\n", "").replace(
        "              cursor_precision: date\n              lookback: 1d\n", ""
    )
    assert "erp.produit: retention: it needs `retention_column`" in problem(tmp_path, erp=undated)


@pytest.mark.parametrize(
    ("written", "day", "first"),
    [
        ("24 months", "2026-11-20", "2024-11-20"),
        ("1 month", "2026-03-31", "2026-02-28"),
        ("1 year", "2024-02-29", "2023-02-28"),
        ("11 months", "2026-11-30", "2025-12-30"),
        ("2 weeks", "2026-01-03", "2025-12-20"),
    ],
)
def test_a_duration_ends_on_the_same_day_of_a_month_or_its_last(
    written: str, day: str, first: str
) -> None:
    found = grammar.duration(written).before(datetime.fromisoformat(day))
    assert found == datetime.fromisoformat(first)


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
        (
            "24 months",
            "24 months\n              retention_column: notel",
            "retention_column: 'notel' is excluded or personal",
        ),
        (
            "retention: 24 months",
            "retention_column: dat_crt",
            "it says nothing without `retention`",
        ),
        ("lookback: 1d", "subject: cod_cli", "subject: 'cod_cli' is not a mapping"),
        ("lookback: 1d", "subject: {client: 3}", "subject: 3 is not a list"),
        ("lookback: 1d", "subject: {client: {column: x}}", "client: unknown key 'column'"),
        ("lookback: 1d", "subject: {client: e_mail}", "subject: 'e_mail' is dropped as `pii`"),
        (
            "lookback: 1d",
            "subject: {client: cod_pro}",
            "client: a column of the key cannot be emptied; write `erase: delete`",
        ),
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
        ("{periode}", "{semaine}", "flux.nuitee: files: unknown placeholder"),
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


def test_a_table_of_lines_is_declared_by_what_its_columns_take(tmp_path: Path) -> None:
    catalog = load_catalog(project(tmp_path, sources="[logs]", logs=LOGS))
    [table] = catalog.tables
    assert table.origin == LinesOrigin(
        patterns=("{dossier}/{jour}{suite}",),
        extensions=(".log", ".trace"),
        values={"machine": "folder", "texte": "line"},
    )
    plain = LOGS.replace("              extensions: [.LOG, .trace]\n", "")
    [table] = load_catalog(project(tmp_path, sources="[logs]", logs=plain)).tables
    assert isinstance(table.origin, LinesOrigin) and table.origin.extensions == (".log",)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("format: lines", "format: line", "logs.lignes: format: 'line' is none of table, lines"),
        ("extensions: [.LOG, .trace]", "header: [Date]", "logs.lignes: header: unknown key"),
        ("extensions: [.LOG, .trace]", "separators: [tab]", "logs.lignes: separators: unknown key"),
        ("extensions: [.LOG, .trace]", "primary_key: [texte]", "primary_key: unknown key"),
        ("[.LOG, .trace]", "[log]", "logs.lignes: extensions: 'log' is not an extension"),
        ("[.LOG, .trace]", "[.csv]", "extensions: '.csv' is the ending of other files"),
        ("[.LOG, .trace]", "[.part]", "extensions: '.part' is the ending of other files"),
        ("texte: line}", "texte: text}", "logs.lignes: values: 'text' is none of folder, file"),
        ("machine: folder", "machine: line", "logs.lignes: values: 'line' goes to two columns"),
        (", texte: line}", "}", "logs.lignes: values: no column takes the `line`"),
        ("texte: line}", "ligne: line}", "values: column 'ligne' is not among `columns:`"),
        ("{dossier}/", "", "logs.lignes: files: '{jour}{suite}' names no folder"),
        ("{dossier}/{jour}", "a/{dossier}/{jour}", "logs.lignes: files: 'a/{dossier}/"),
        ("              files: [", "              file: [", "logs.lignes: files: missing"),
        ("format: lines", "format: lines\n              pii: {texte: drop}", "lignes: pii: a line"),
        ("              values: {machine: folder, texte: line}\n", "", "lignes: values: missing"),
        ("format: lines", "format: table", "logs.lignes: values: unknown key"),
    ],
)
def test_a_wrong_entry_of_lines_is_named(tmp_path: Path, old: str, new: str, said: str) -> None:
    assert LOGS.count(old)
    message = problem(tmp_path, logs=LOGS.replace(old, new, 1))
    assert said in message
    assert "models/staging/logs/_logs__sources.yml" in message


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
    nameless = ERP.replace("dat_mod", '"{}"') + "        columns: [{name: cod_pro}]\n"
    assert "cursor: column '{}' is not among `columns:`" in problem(tmp_path, erp=nameless)


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
