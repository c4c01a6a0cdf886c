"""What `entrepot validate` says, and how it hears dbt."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from ingest.settings import Warehouse
from ingest.validation.model import ADDED, CHANGED, GONE, KEPT, LOST, Checked, Difference, Period
from orchestration import dbt_nodes, report_page
from orchestration.validation import facts, telling
from orchestration.validation.checking import Found

HOME = Warehouse("dev", "127.0.0.1", 1, "d", "u", "p")


def found() -> Found:
    wrong = Checked("sigeti", "factures", "source and raw image", 1_234_567, 1_234_566)
    for number in range(13):
        columns = ("montant_total", "sous_total", "un_nom_de_colonne_assez_long", "encore_un_autre")
        wrong.note(Difference(CHANGED, f"id={number}", columns, "2025-07"))
        wrong.periods.append(Period(f"2025-{number:02d}", 9, 8, columns))
    wrong.note(Difference(LOST, "nuitee/2024B1/CABA (3f3f3f3f), rows 3 to 7"), 5)
    wrong.note(Difference(ADDED, f"id=a\n\x1b[2J{'x' * 900}"))
    later = Checked("sigeti", "lots", "source and raw image", 9, 10)
    later.note(Difference(GONE, "id=3"))
    fine = Checked("erp", "produit", "source and raw image", 5, 4, rejected=1)
    away = Checked("erp", "client", "source and raw image", failure="no " + "such column " * 9)
    audit = Checked("erp", "fait_prix_achat", "audit")
    made = Found("r", [wrong, later, fine, away, audit], ["erp (17 tables): skipped"], seconds=1.5)
    made.failures.append("SIGETI_URL: does not answer")
    return made


def test_the_text_fits_80_columns_and_counts_what_it_leaves_out() -> None:
    text = telling.as_text(found(), None)
    lines = text.splitlines()
    assert max(map(len, lines)) <= 80
    assert [line.split()[-1] for line in lines if line.startswith(("factures ", "lots "))] == [
        *("NO", "later"),
    ]
    assert [line.split()[-1] for line in lines if line.startswith(("produit ", "client "))] == [
        *("yes", "failed"),
    ]
    assert "1 of 1 checks of what is built from it hold" in lines
    assert "    and 3 more" in lines and "  and 3 more periods" in lines
    assert "    nuitee/2024B1/CABA (3f3f3f3f), rows 3 to 7" in lines
    assert "    id=a\\n\\x1b[2Jxxx" in text, "what does not print is an escape"
    assert sum("xxx" in line for line in lines) <= 4, "and a key has four lines at most"
    assert text.count("and 3 more") == 2, "five rows are one line, and all of them"
    assert lines[-2:] == [
        "3 tables compared in 1.5 s: 19 differences, 1 that later loads bring, 1 not",
        "looked at",
    ]


def test_the_answer_for_a_program_has_everything() -> None:
    answer = json.loads(telling.as_json(found(), Path("x.html")))
    assert not answer["equal"] and answer["report"] == "x.html"
    assert answer["checks"][0]["counts"] == {CHANGED: 13, LOST: 5, ADDED: 1}
    assert [one["equal"] for one in answer["checks"]] == [False, True, True, False, True]


def test_a_range_of_many_rows_is_one_of_those_that_are_named() -> None:
    checked = Checked("fluxvision", "nuitee", "rows of the files")
    for number in range(KEPT + 2):
        checked.note(Difference(LOST, f"{number}, rows 1 to 5000"), 5000)
    assert len(checked.differences) == KEPT
    assert checked.counts == {LOST: 5000 * (KEPT + 2)}


def test_what_later_loads_bring_is_a_fault_only_when_nobody_wrote() -> None:
    later = found().checks[1]
    assert later.is_equal and not later.faults
    later.strict = True
    assert not later.is_equal and later.faults == 1


def test_the_page_has_each_key(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(report_page, "FOLDER", tmp_path)
    page = telling.write_page(found())
    assert page.stat().st_mode & 0o777 == 0o600
    text = page.read_text(encoding="utf-8")
    assert "<td>id=12</td><td>montant_total, sous_total" in text
    assert "SIGETI_URL: does not answer" in text


def test_dbts_refusal_is_one_line(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    program = tmp_path / "dbt"
    program.write_text(f"#!{sys.executable}\nprint('\\n  Compilation Error\\n  in x')\nexit(2)\n")
    program.chmod(0o755)
    monkeypatch.setattr(dbt_nodes, "dbt_command", lambda: str(program))
    with pytest.raises(dbt_nodes.DbtRefused, match=r"^Compilation Error in x$"):
        facts.compile_audits(HOME, ["erp"])


def test_a_test_is_about_the_source_upstream_of_it() -> None:
    parents = {
        "test.a": ["model.m", "seed.s"],
        "model.m": ["source.p.etl.file_ledger", "source.p.erp.produit"],
        "test.b": ["model.n"],
    }
    assert facts._source_of("test.a", parents) == "erp"
    assert facts._source_of("test.b", parents) == ""
