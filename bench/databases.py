"""A table of PostgreSQL beside a bare `\\copy` of its rows; SIGETI at its real size."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

from bench.tools import cost_of, show
from demo import sigeti
from ingest import server
from tests.support.house import House
from tests.support.sigeti import sigeti_database, source_database

TABLE = "detail_factures"
COLUMNS = (
    "id, facture_id, description, quantite, prix_unitaire, montant, montant_ligne,"
    " created_at, updated_at"
)
# Nine columns, some 90 bytes a row as text.
FILL = """
    create table detail_factures (
        id integer primary key, facture_id integer, description text, quantite numeric(15,2),
        prix_unitaire numeric(15,2), montant numeric(15,2), montant_ligne numeric(15,2),
        created_at timestamptz, updated_at timestamptz
    );
    insert into detail_factures
    select i, i / 3, 'Redevance du lot ' || i % 1000, i % 5, i % 9973 * 1.25, i % 7919 * 10,
        i % 7919 * 10, timestamptz '2024-01-01' + i * interval '1 second',
        timestamptz '2024-01-01' + i * interval '1 second'
    from generate_series(1, {rows}) as i;
    vacuum analyze detail_factures
"""
SELECTED = ("--select", f"sigeti.{TABLE}")
# The commands of a daily run, and what each takes before it does any work.
IMPORTS = "import dlt, psycopg2, pyarrow, adbc_driver_postgresql, yaml"


def measure_tables(folder: Path, counts: Sequence[int], repeat: int) -> None:
    """Land tables of so many rows and print the table."""
    table = []
    for rows in counts:
        with source_database(f"bench_{rows}") as url, source_database("bench_one") as small:
            fill(url, rows)
            fill(small, 1)
            copies, wholes, starts, agains, memory = [], [], [], [], []
            for number in range(repeat):
                house = House.build(f"tables_{rows}_{number}", folder)
                copies.append(_bare_copy(house, url))
                house.variables |= {"ENTREPOT_PII_KEY": "k", "SIGETI_URL": url}
                landed = cost_of(house, house.ingest_command(*SELECTED))
                found = house.value(f"select count(*) from raw_sigeti.{TABLE}")
                if found != rows:
                    raise RuntimeError(f"{found} rows landed of {rows}")
                wholes.append(landed.seconds)
                memory.append(landed.memory)
                again_command = house.ingest_command(*SELECTED, "--mode", "full")
                agains.append(cost_of(house, again_command).seconds)
                house.demolish()
                other = House.build(f"start_{rows}_{number}", folder)
                other.variables |= {"ENTREPOT_PII_KEY": "k", "SIGETI_URL": small}
                starts.append(cost_of(other, other.ingest_command(*SELECTED)).seconds)
                other.demolish()
        copy, whole, start, again = (
            sorted(times)[repeat // 2] for times in (copies, wholes, starts, agains)
        )
        net = whole - start
        table.append(
            [
                *(rows, copy, whole, start, net, f"{net / copy:.2f}", again - start),
                f"{max(memory) / 2**20:.0f} MB",
            ]
        )
    show(
        "tables: one table of PostgreSQL, 9 columns",
        [
            *("rows", "\\copy s", "run_all s", "of which start s", "landing s", "ratio"),
            *("full again s", "peak memory"),
        ],
        table,
        "\\copy = out of the source to a file, and from it into a bare table of the same types; "
        "ratio = landing / \\copy, to be under 2.5; start = the same command with a table of one "
        f"row; full again = the whole table read once more, no row changed; median of {repeat}.",
    )


def measure_sigeti(folder: Path, repeat: int) -> None:
    """SIGETI at its real size: a first day and a later one, step by step."""
    table: list[list[object]] = []
    together: list[list[object]] = []
    models = "path:models/staging/sigeti+"
    for number in range(repeat):
        with sigeti_database(f"bench_sigeti_{number}") as url:
            house = House.build(f"sigeti_{number}", folder)
            house.ingest()
            house.variables |= {"ENTREPOT_PII_KEY": "k", "SIGETI_URL": url}
            quiet = ("--quiet", "--exclude-resource-type", "unit_test")
            house.dbt(*("build", "--exclude-resource-type", "unit_test"))
            python = cost_of(house, [sys.executable, "-c", IMPORTS]).seconds
            dbt = cost_of(house, house.dbt_command("--quiet", "parse")).seconds
            for day in (0, 1):
                opened = sigeti.connect(url)
                sigeti.advance(opened, day)
                opened.close()
                ingest = cost_of(house, house.ingest_command("--select", "sigeti")).seconds
                build = cost_of(
                    house,
                    house.dbt_command(quiet[0], "build", "--select", models, *quiet[1:]),
                ).seconds
                docs = cost_of(
                    house,
                    house.dbt_command("--quiet", "docs", "generate", "--select", models),
                ).seconds
                whole = ingest + build + docs
                net = whole - python - 2 * dbt
                table.append([number, day, ingest, build, docs, whole, python + 2 * dbt, net])
            together.append(_sigeti_at_once(house, url, models, number, python))
            house.demolish()
    show(
        "sigeti: at its real size",
        ["run", "day", "ingest s", "build s", "docs s", "all s", "start-up s", "net s"],
        table,
        "build = every model, snapshot and data test; start-up = the imports of the landing once, "
        "and `dbt parse` with nothing changed (dbt's own imports, and reading the project) twice; "
        "net = all less start-up, to be under 9 s.",
    )
    show(
        "sigeti: the same with dbt's commands in one process, as `entrepot run --docs` does",
        ["run", "ingest s", "dbt s", "all s", "imports s", "net s"],
        together,
        "one more day; imports = those of the landing and of dbt, once each: reading the project "
        "counts as work here; net = all less imports, to be under 9 s.",
    )


def _sigeti_at_once(
    house: House, url: str, models: str, number: int, python: float
) -> list[object]:
    """A day whose build and docs share one dbt; the pages of the day before are there."""
    pages = house.folder / "pages"
    session = [sys.executable, "-m", "orchestration.dbt_session"]
    session += ["--docs", str(pages)]
    build = [*session, "--", "build", "--quiet", "--exclude-resource-type", "unit_test"]
    cost_of(house, build)
    imports = cost_of(house, [sys.executable, "-c", "import dbt.cli.main"]).seconds
    with closing(sigeti.connect(url)) as opened:
        sigeti.advance(opened, 2)
    ingest = cost_of(house, house.ingest_command("--select", "sigeti")).seconds
    dbt = cost_of(house, [*build, "--select", models]).seconds
    whole, start = ingest + dbt, python + imports
    return [number, ingest, dbt, whole, start, whole - start]


def fill(url: str, rows: int) -> None:
    """Make the table in a database of PostgreSQL."""
    for statement in FILL.format(rows=rows).split(";"):
        _psql(url, statement)


def _bare_copy(house: House, url: str) -> float:
    """Seconds of `\\copy` out of the source and into a table of the same types; psql included."""
    file = house.folder / "copied.csv"
    warehouse = server.admin(house.name)
    to = (
        f"postgresql://{warehouse.user}:{warehouse.password}@{warehouse.host}:{warehouse.port}"
        f"/{warehouse.dbname}"
    )
    _psql(to, "create table public.copied (" + _types() + ")")
    program = [str(server.binaries() / "psql"), "-X", "-q", "-v", "ON_ERROR_STOP=1"]
    out = f"\\copy (select {COLUMNS} from {TABLE}) to '{file}'"
    back = f"\\copy public.copied from '{file}'"
    seconds = cost_of(house, [*program, url, "-c", out]).seconds
    seconds += cost_of(house, [*program, to, "-c", back]).seconds
    _psql(to, "drop table public.copied")
    file.unlink()
    return seconds


def _types() -> str:
    body = FILL.split("create table detail_factures (")[1].split(");")[0]
    return body.replace(" primary key", "").strip().rstrip(")").strip()


def _psql(url: str, statement: str) -> None:
    subprocess.run(
        [
            str(server.binaries() / "psql"),
            "-X",
            "-q",
            "-v",
            "ON_ERROR_STOP=1",
            url,
            "-c",
            statement,
        ],
        check=True,
    )
