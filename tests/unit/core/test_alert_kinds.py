"""Every kind of alert that the code can raise is explained to the person who gets it."""

from __future__ import annotations

import ast
import re
from typing import TypeGuard

from ingest.settings import ROOT
from orchestration.alerts import WAREHOUSE
from orchestration.health import KINDS

DOCUMENTED = re.compile(r"^\| `(\w+)` \| .+ \| .+ \|$", re.MULTILINE)
IN_SQL = re.compile(r"'(\w+)' as kind\b")


def _in_python() -> set[str]:
    """The first argument (or `kind`) of every Finding that orchestration makes, names resolved."""
    found = set()
    for path in (ROOT / "orchestration").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not (isinstance(node, ast.Call) and getattr(node.func, "id", "") == "Finding"):
                continue
            named = [one.value for one in node.keywords if one.arg == "kind"]
            for value in (*node.args[:1], *named):
                if getattr(value, "id", "") != "WAREHOUSE":
                    # A choice between two kinds holds both.
                    found |= {one.value for one in ast.walk(value) if _is_text(one)}
                else:
                    found.add(WAREHOUSE)
    return found


def _is_text(node: ast.AST) -> TypeGuard[ast.Constant]:
    return isinstance(node, ast.Constant) and isinstance(node.value, str)


def _in_views() -> set[str]:
    return {
        kind
        for path in (ROOT / "models" / "monitoring").glob("vw_health*.sql")
        for kind in IN_SQL.findall(path.read_text(encoding="utf-8"))
    }


def test_health_looks_at_the_kinds_of_its_views() -> None:
    # An alert of a kind that it forgot would never be over.
    assert _in_views() == set(KINDS)


def test_each_kind_of_alert_says_what_to_do() -> None:
    text = (ROOT / "docs" / "alerts.md").read_text(encoding="utf-8")
    section = text.split("## Each alert and what to do")[1].split("\n## ")[0]
    documented = DOCUMENTED.findall(section)
    assert len(documented) == len(set(documented))
    raised = _in_python() | _in_views()
    assert {WAREHOUSE, "load_failed", "build_failed", "test_failed"} <= raised
    assert raised <= set(documented)
