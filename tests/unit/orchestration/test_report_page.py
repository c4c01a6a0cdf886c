"""A report is one page, safe to open, readable by its owner alone."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from orchestration import report_page
from orchestration.report_page import Section, write_report


def test_a_report_escapes_what_it_quotes_and_is_its_owners_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(report_page, "FOLDER", tmp_path / "reports")
    section = Section(
        "Rows <of> a table",
        headers=("name", "rows"),
        rows=[("<script>alert(1)</script>", 3), (None, 4)],
        marks=frozenset({1}),
        numeric=frozenset({1}),
    )
    path = write_report("rows", "What & where", [section], subtitle="dev")
    page = path.read_text(encoding="utf-8")
    assert "<script" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert "What &amp; where" in page
    assert '<tr class="mark"><td></td><td class="number">4</td></tr>' in page
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
