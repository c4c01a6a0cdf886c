"""Tables of an ERP, hundreds of columns wide, read over ODBC and over PostgreSQL's own protocol.

Each width and size has a table of its own in a project made for the measurement: the same code,
with declarations that nothing else reads. The declared tables are those of this project.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from urllib.parse import unquote, urlsplit

from bench.erp_source import MOST_ROWS, SMALL, TABLES, change, fill, fill_declared
from bench.tools import Cost, cost_of, show
from ingest import server
from ingest.server.cluster import LOGIN
from ingest.warehouse import connect, prepare
from tests.support.house import House
from tests.support.private import ROOT
from tests.support.services import find_program
from tests.support.sigeti import source_database

DRIVER = "PostgreSQL Unicode"
INSTALL = "apt-get install -y unixodbc odbc-postgresql"
KEY = {"ENTREPOT_PII_KEY": "k"}
_SOURCES = """\
sources:
  - name: erp
    schema: raw_erp
    config: {{meta: {{ingest: {{connection: ERP_URL}}}}}}
    tables:
{tables}
"""
_TABLE = """\
      - name: {name}
        config:
          meta:
            ingest:
              from: PUB.{name}
              primary_key: [cod_cli]
              cursor: dat_mod
              cursor_precision: date
              lookback: 1d
"""


@dataclass
class Figures:
    """What one road took: seconds of each repetition under a name, and the largest memory."""

    seconds: dict[str, list[float]] = field(default_factory=dict)
    memory: dict[str, int] = field(default_factory=dict)

    def note(self, name: str, cost: Cost, less: float = 0.0, share: int = 1) -> None:
        """Note a cost under a name; `share`: of how many tables it is."""
        self.seconds.setdefault(name, []).append((cost.seconds - less) / share)
        self.memory[name] = max(self.memory.get(name, 0), cost.memory)


def measure(folder: Path, repeat: int) -> None:
    """Land the tables over each road that this machine has, and print one table."""
    project = _project(folder)
    found: dict[str, Figures] = {}
    with source_database("bench_erp") as url, source_database("bench_erp_all") as whole:
        fill(url)
        declared = fill_declared(whole)
        for road in _roads():
            figures = found[road] = Figures()
            for number in range(repeat):
                with _house(f"erp_{road}_{number}", folder) as house:
                    _measure_sizes(house, project, figures, _address(road, url), url)
            with _house(f"erp_{road}_large", folder) as house:
                _measure_large(house, project, figures, _address(road, url))
            if declared:
                with _house(f"erp_{road}_all", folder) as house:
                    _measure_declared(house, figures, _address(road, whole), repeat)
    _show(found, declared, repeat)


def _roads() -> list[str]:
    """PostgreSQL's own protocol, and ODBC where its driver is installed; says what is missing."""
    program = find_program("odbcinst")
    if program is not None:
        command = [program, "-q", "-d", "-n", DRIVER]
        asked = subprocess.run(command, capture_output=True, check=False)
        if asked.returncode == 0:
            return ["postgresql", "odbc"]
    print(f"the ODBC driver {DRIVER!r} is missing; install it with: {INSTALL}", flush=True)
    return ["postgresql"]


def _address(road: str, url: str) -> str:
    """The database at `url`, as ERP_URL names it over a road."""
    if road == "postgresql":
        return url
    place = urlsplit(url)
    parts = {
        "Driver": f"{{{DRIVER}}}",
        "Server": place.hostname,
        "Port": place.port,
        "Database": place.path.lstrip("/"),
        "Uid": place.username,
        "Pwd": f"{{{unquote(place.password or '')}}}",
        "UseDeclareFetch": 1,
        "Fetch": 1_000,
        "BoolsAsChar": 0,
    }
    return "odbc:" + ";".join(f"{name}={value}" for name, value in parts.items())


def _project(folder: Path) -> Path:
    """A project with the landing of this one, which declares only the measurement's tables."""
    project = folder / "project"
    shutil.copytree(ROOT / "ingest", project / "ingest")
    (project / "dbt_project.yml").write_text("name: entrepot\nvars: {sources: [erp]}\n")
    sources = project / "models" / "staging" / "erp" / "_erp__sources.yml"
    sources.parent.mkdir(parents=True)
    tables = "".join(_TABLE.format(name=name) for name in TABLES)
    sources.write_text(_SOURCES.format(tables=tables))
    return project


@contextmanager
def _house(name: str, folder: Path) -> Iterator[House]:
    house = House.build(name, folder)
    house.variables |= KEY
    try:
        yield house
    finally:
        house.demolish()


def _land(house: House, project: Path, *tables: str) -> Cost:
    """One run over tables of the measurement's own project."""
    program = project / "ingest" / "run_all.py"
    selected = [part for table in tables for part in ("--select", f"erp.{table}")]
    return cost_of(house, [sys.executable, str(program), *selected])


def _expect(house: House, table: str, rows: int) -> None:
    found = house.value(f"select count(*) from raw_erp.{table}")
    if found != rows:
        raise RuntimeError(f"raw_erp.{table}: {found} rows, not {rows}")


def _begin(house: House, project: Path, url: str) -> float:
    """Make the warehouse ready; returns what a run takes that lands one row."""
    house.variables["ERP_URL"] = url
    opened = connect(server.admin(house.name))
    prepare(opened, LOGIN, ["raw_erp"])
    opened.close()
    _land(house, project, "premiere")  # makes what only a first run makes
    return _land(house, project, "un").seconds


def _measure_sizes(house: House, project: Path, figures: Figures, url: str, source: str) -> None:
    """A first load, a load with nothing new and one of 1 %; another width; small tables.

    `source`: the database that `url` names, by PostgreSQL's own protocol.
    """
    start = _begin(house, project, url)
    figures.seconds.setdefault("start", []).append(start)
    figures.note("wide", _land(house, project, "large_300"), start)
    _expect(house, "large_300", TABLES["large_300"].rows)
    # The start-up of a run that finds nothing new, in a table of one row.
    again = _land(house, project, "un").seconds
    figures.note("idle", _land(house, project, "large_300"), again)
    name = change(source, "large_300")
    figures.note("delta", _land(house, project, "large_300"), again)
    _expect(house, f"large_300 where nom = '{name}'", TABLES["large_300"].rows // 100)
    figures.note("wider", _land(house, project, "large_400"), start)
    _expect(house, "large_400", TABLES["large_400"].rows)
    first, *others = SMALL
    alone = _land(house, project, first).seconds
    figures.note("small", _land(house, project, *others), alone, len(others) - 1)
    alone = _land(house, project, first).seconds
    figures.note("small again", _land(house, project, *others), alone, len(others) - 1)


def _measure_large(house: House, project: Path, figures: Figures, url: str) -> None:
    """Ten times the rows, for the memory."""
    start = _begin(house, project, url)
    figures.note("large", _land(house, project, "enorme_300"), start)
    _expect(house, "enorme_300", TABLES["enorme_300"].rows)


def _measure_declared(house: House, figures: Figures, url: str, repeat: int) -> None:
    """The tables of the ERP: landed once, then run over with nothing new."""
    house.variables |= {"ERP_URL": url, "ERP_COMPLET_URL": url}
    command = house.ingest_command("--select", "erp")
    figures.note("declared", cost_of(house, command))
    for _ in range(repeat):
        figures.note("declared again", cost_of(house, command))


def _show(found: dict[str, Figures], declared: int, repeat: int) -> None:
    """One line for each thing that was measured, one pair of columns for each road."""
    lines = {
        "start": ("start-up: a run that lands one row", ""),
        "wide": ("40,000 x 300, first load", "7"),
        "idle": ("40,000 x 300, nothing new", ""),
        "delta": ("40,000 x 300, 1 % changed", "in proportion"),
        "wider": ("15,000 x 400, first load", "5"),
        "small": ("one more table of 99 x 50, first load", "0.5"),
        "small again": ("one more table of 99 x 50, nothing new", "0.5"),
        "large": ("400,000 x 300, first load", "(memory)"),
        "declared": (f"{declared} declared tables, first load, whole run", ""),
        "declared again": (f"{declared} declared tables, nothing new, whole run", "15"),
    }
    table = []
    for name, (what, to_hold) in lines.items():
        cells: list[object] = [what, to_hold]
        for figures in found.values():
            times = figures.seconds.get(name)
            memory = figures.memory.get(name)
            cells.append(median(times) if times else "")
            cells.append(f"{memory / 2**20:.0f} MB" if memory else "")
        if any(cells[2:]):
            table.append(cells)
    show(
        "erp: wide tables over each road",
        ["what", "to hold s", *(part for road in found for part in (f"{road} s", "peak memory"))],
        table,
        "Seconds are of the whole run less its start-up: for first loads that of a run which lands "
        "one row, for the others that of a run which finds nothing new in one row; whole runs are "
        f"not reduced. Median of {repeat}. Peak memory is to be under 800 MB at any size. Declared "
        f"tables have their real widths and at most {MOST_ROWS:,} rows each: with nothing new, the "
        "last days of those with a cursor are read, and the others whole.",
    )
