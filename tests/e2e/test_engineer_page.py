"""docs/engineer.md, followed to the letter in a copy of the project."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import psycopg2
import pytest

from tests.support.house import House, beside_python
from tests.support.page import AT_THE_SOURCE, Block, blocks
from tests.support.private import ROOT
from tests.support.sigeti import source_database

pytestmark = pytest.mark.e2e

PAGE = ROOT / "docs" / "engineer.md"
# What a checkout has and these commands need.
COPIED = ("ingest", "orchestration", "models", "macros", "seeds", "snapshots", "analyses")
# It looks at the whole project, for minutes.
NOT_RUN = {"make lint"}
ROWS = """
insert into interventions (id, machine, nature, ouverte_le, fermee_le, cout, technicien) values
(1, 'dem12 ', 'Curatif', '2025-03-03 08:00', '2025-03-03 10:30', 120.50, 'Jeanne'),
(2, 'DEM12', 'Préventif', '2025-03-31 08:00', null, null, 'Jeanne'),
(3, 'pont roulant', null, '2025-04-01 08:00', '2025-04-02 08:00', 80, 'Paul'),
(4, 'DEMALU', 'Curatif', '2025-04-02 08:00', '2025-04-01 08:00', 80, 'Paul'),
(5, 'DEMALU', 'Curatif', null, null, 80, 'Paul')
"""
MART = [
    ("DEM12", 2025, 3, 2, 1, 1, Decimal("2.50"), Decimal("120.50")),
    ("INCONNU", 2025, 4, 1, 0, 0, Decimal("24.00"), Decimal("80.00")),
]


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A copy of the project, without what set-up makes."""
    copy = tmp_path / "entrepot"
    copy.mkdir()
    for name in COPIED:
        shutil.copytree(ROOT / name, copy / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copytree(ROOT / "tests" / "data", copy / "tests" / "data")
    for name in ("dbt_project.yml", "profiles.example.yml"):
        shutil.copy(ROOT / name, copy)
    return copy


def _run(house: House, project: Path, command: str, **variables: str) -> str:
    """Run a command line of the page in the project; what it printed."""
    program, *arguments = shlex.split(command)
    programs = {
        "python": [sys.executable],
        "entrepot": [sys.executable, "-m", "orchestration.cli"],
        "dbt": [beside_python("dbt")],
    }
    path = [str(project), str(project / "orchestration" / "dbt_plugin")]
    done = subprocess.run(
        [*programs[program], *arguments],
        cwd=project,
        env=house.environment(PYTHONPATH=os.pathsep.join(path), **variables),
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, f"$ {command}\n{done.stdout}\n{done.stderr}"
    return done.stdout


def test_a_source_table_becomes_a_mart_by_following_the_page(
    make_house: Callable[[str], House], project: Path
) -> None:
    house = make_house("engineer")
    said = {}
    with source_database("gmao") as url:
        for block in blocks(PAGE):
            if block.title == AT_THE_SOURCE:
                _at_the_source(url, block)
                continue
            block.write(project)
            for command in block.commands:
                if command not in NOT_RUN:
                    said[command] = _run(house, project, command, GMAO_URL=url)
    assert "GMAO_URL=" in (project / ".env").read_text()
    assert house.rows("select * from dwh_marts.mart_maintenance_mois order by 1, 2, 3") == MART
    assert house.rows(
        "select record_number, reason from etl.vw_rejects where source_name = 'gmao' order by 1"
    ) == [(4, "closed before it was opened"), (5, "missing ouverte_le")]
    assert house.rows("select source, sla_status from etl.vw_sla_breach where source = 'gmao'") == [
        ("gmao", "OK")
    ]
    columns = house.rows(
        "select column_name from information_schema.columns where table_schema = 'raw_gmao'"
    )
    assert ("technicien",) not in columns
    assert house.value(
        "select has_table_privilege('entrepot_reader', 'dwh_marts.mart_maintenance_mois', 'select')"
    )
    shown = next(out for command, out in said.items() if "mart_maintenance_mois order" in command)
    assert "120.50" in shown


def _at_the_source(url: str, block: Block) -> None:
    opened = psycopg2.connect(url)
    with opened, opened.cursor() as cursor:
        cursor.execute(block.text)
        cursor.execute(ROWS)
    opened.close()
