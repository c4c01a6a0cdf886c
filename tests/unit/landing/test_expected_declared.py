"""When files are due: how it is declared, and that every wrong declaration is named."""

from __future__ import annotations

from pathlib import Path

import pytest

from ingest.catalog import CatalogError, Expected, FilesOrigin, LinesOrigin, load_catalog

FILES = """
sources:
  - name: flux
    schema: raw_flux
    config:
      meta: {ingest: {connection: FLUX_URL}}
    tables:
      - name: nuitee
        config:
          meta:
            ingest:
              files: ["Nuitee_{periode}_{zone}"]
              header: [Date, Volume]
              date_column: Date
              expected: {every: two_months, grace_days: 28}
      - name: hebdo
        config:
          meta:
            ingest:
              files: [hebdo]
              kind: provisional
              header: [Date, Volume]
              date_column: Date
              expected: {every: week, season: ["12-15..02-29", "07-01..08-31"]}
      - name: journal
        config:
          meta:
            ingest:
              format: lines
              files: ["{dossier}/{jour}"]
              values: {machine: folder, texte: line}
              expected: {every: working_day, grace_days: 1}
"""


def catalog_of(tmp_path: Path, text: str) -> dict[str, Expected | None]:
    (tmp_path / "models").mkdir(exist_ok=True)
    (tmp_path / "models" / "_flux__sources.yml").write_text(text, encoding="utf-8")
    return {table.name: table.expected for table in load_catalog(tmp_path).tables}


def test_a_table_says_when_its_files_are_due(tmp_path: Path) -> None:
    assert catalog_of(tmp_path, FILES) == {
        "nuitee": Expected("two_months", 28),
        "hebdo": Expected("week", 0, (("12-15", "02-29"), ("07-01", "08-31"))),
        "journal": Expected("working_day", 1),
    }
    silent = "\n".join(line for line in FILES.splitlines() if "expected" not in line)
    assert set(catalog_of(tmp_path, silent).values()) == {None}


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("every: week", "every: moon", "flux.hebdo: expected: 'moon' is none of two_months"),
        ("every: week, ", "", "flux.hebdo: expected: None is none of"),
        ("grace_days: 28", "grace_days: soon", "grace_days: 'soon' is not a number of days"),
        ("grace_days: 28", "grace_days: -1", "grace_days: -1 is not a number of days"),
        ("grace_days: 28", "grace_days: true", "grace_days: True is not a number of days"),
        ("grace_days: 28", "grace: 28", "flux.nuitee: expected: unknown key 'grace'"),
        ("12-15..02-29", "12-15..02-30", "'12-15..02-30' is not a season"),
        ("12-15..02-29", "december", "'december' is not a season"),
        ("every: week", "every: two_months", "the file pattern 'hebdo' has no {periode}"),
        ("every: two_months", "every: weekday", "weekday is for files that name their day"),
        ("every: working_day", "every: week", "week is for tables with a header"),
        ("{dossier}/{jour}", "{dossier}/journal", "'{dossier}/journal' has no {jour}"),
        ("{every: working_day, grace_days: 1}", "daily", "'daily' is not {every: ..."),
    ],
)
def test_a_wrong_one_is_named(tmp_path: Path, old: str, new: str, said: str) -> None:
    assert old in FILES
    with pytest.raises(CatalogError) as refused:
        catalog_of(tmp_path, FILES.replace(old, new, 1))
    assert any(said in line for line in refused.value.problems), refused.value.problems


def test_a_week_needs_to_know_the_days_of_its_rows(tmp_path: Path) -> None:
    hebdo = FILES.index("name: hebdo")
    text = FILES[:hebdo] + FILES[hebdo:].replace("              date_column: Date\n", "", 1)
    with pytest.raises(CatalogError, match="week needs `date_column`"):
        catalog_of(tmp_path, text)


def test_a_table_of_a_database_expects_no_files(tmp_path: Path) -> None:
    text = FILES.replace('files: ["Nuitee_{periode}_{zone}"]', "from: nuitee").replace(
        "              header: [Date, Volume]\n              date_column: Date\n", "", 1
    )
    with pytest.raises(CatalogError, match=r"flux\.nuitee: expected: unknown key"):
        catalog_of(tmp_path, text)


def test_every_table_of_files_in_this_project_says_it() -> None:
    silent = [
        table.key
        for table in load_catalog().tables
        if isinstance(table.origin, FilesOrigin | LinesOrigin) and table.expected is None
    ]
    assert not silent
