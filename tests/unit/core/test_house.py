"""The house rules that no linter knows: who may import whom, and how long a page may be."""

from __future__ import annotations

import ast
import re
import subprocess
from collections import Counter
from pathlib import Path

import pytest

from ingest.settings import ROOT

FORBIDDEN = {
    "ingest": {"orchestration", "demo", "prefect", "prefect_dbt", "bench", "tests"},
    "demo": {"ingest", "orchestration", "prefect", "bench", "tests"},
    "orchestration": {"bench", "tests"},
}
LONGEST = {".py": 400, ".sql": 150, ".yml": 400}


def _tracked(*patterns: str) -> list[Path]:
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", *patterns],
        cwd=ROOT,
        check=True,
        capture_output=True,
    )
    return [ROOT / name for name in listed.stdout.decode().split("\0") if name]


def _imports(path: Path) -> set[str]:
    names = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names.add(node.module.split(".")[0])
    return names


@pytest.mark.parametrize("package", sorted(FORBIDDEN))
def test_a_package_imports_only_what_the_house_allows(package: str) -> None:
    wrong = {
        str(path.relative_to(ROOT)): found
        for path in _tracked(f"{package}/*.py")
        if path.exists() and (found := _imports(path) & FORBIDDEN[package])
    }
    assert not wrong


def test_only_the_command_line_of_the_demo_is_known_to_orchestration() -> None:
    users = [
        path.name
        for path in _tracked("orchestration/*.py")
        if path.exists() and "demo" in _imports(path)
    ]
    assert users in ([], ["demo.py"])


def test_no_page_is_longer_than_a_reader_can_hold() -> None:
    long = {
        str(path.relative_to(ROOT)): count
        for path in _tracked("*.py", "*.sql", "*.yml")
        if path.exists()
        and "tests" not in path.relative_to(ROOT).parts
        # The tables of a source system are as long as they are.
        and path.name != "schema.sql"
        and (count := len(path.read_text(encoding="utf-8").splitlines())) > LONGEST[path.suffix]
    }
    assert not long


def test_names_of_models_and_seeds_leave_room_for_what_dbt_adds() -> None:
    long = [
        path.stem
        for path in _tracked("models/*.sql", "seeds/*.csv", "snapshots/*.yml")
        if path.exists() and len(path.stem) > 45
    ]
    assert not long


def test_no_two_indexes_of_the_control_tables_bear_one_name() -> None:
    # The second one would never be made: `if not exists` asks for the name alone.
    pages = "\n".join(page.read_text("utf-8") for page in (ROOT / "ingest" / "ddl").glob("*.sql"))
    made = Counter(re.findall(r"index if not exists (\w+)", pages))
    assert len(made) > 10
    assert [name for name, times in made.items() if times > 1] == []
