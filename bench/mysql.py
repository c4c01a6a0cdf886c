"""The table of `tables` once more, out of a MariaDB, beside what PostgreSQL's own reader takes."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from bench.databases import SELECTED, TABLE, fill
from bench.tools import Cost, cost_of, show
from tests.support.house import House
from tests.support.mariadb import MariaDb, mariadb
from tests.support.sigeti import source_database

# The same rows as in PostgreSQL, made by MariaDB's own sequences.
FILL = (
    f"""create table {TABLE} (
        id int primary key, facture_id int, description text, quantite decimal(15,2),
        prix_unitaire decimal(15,2), montant decimal(15,2), montant_ligne decimal(15,2),
        created_at timestamp null, updated_at timestamp null
    )""",
    "set time_zone = '+00:00'",
    f"""insert into {TABLE}
    select seq, seq div 3, concat('Redevance du lot ', seq % 1000), seq % 5, seq % 9973 * 1.25,
        seq % 7919 * 10, seq % 7919 * 10, '2024-01-01' + interval seq second,
        '2024-01-01' + interval seq second
    from seq_1_to_{{rows}}""",
)


def measure(folder: Path, counts: Sequence[int], repeat: int) -> None:
    """Land tables of so many rows through both readers and print the table."""
    table = []
    for rows in counts:
        with (
            mariadb() as server,
            source_database(f"bench_{rows}") as postgresql,
            source_database("bench_one") as small,
        ):
            _fill(server, "source", rows)
            _fill(server, "one", 1)
            fill(postgresql, rows)
            fill(small, 1)
            ours, theirs, again, memory = [], [], [], []
            for number in range(repeat):
                name = f"mysql_{rows}_{number}"
                start, (first, second) = _landed(
                    folder, name, server.url("one"), server.url(), rows
                )
                ours.append(first.seconds - start.seconds)
                again.append(second.seconds - start.seconds)
                memory.append(first.memory)
                start, (first, _) = _landed(folder, f"beside_{name}", small, postgresql, rows)
                theirs.append(first.seconds - start.seconds)
        mysql, other, whole = (sorted(times)[repeat // 2] for times in (ours, theirs, again))
        per_second = int(rows / mysql)
        peak = f"{max(memory) / 2**20:.0f} MB"
        table.append([rows, other, mysql, f"{mysql / other:.2f}", per_second, whole, peak])
    show(
        "mysql: one table of MariaDB, 9 columns",
        [
            *("rows", "postgresql s", "mysql s", "ratio", "rows per s", "full again s"),
            "peak memory",
        ],
        table,
        "the landing of the same rows out of either database, less the same command with a table of"
        " one row; ratio = mysql / postgresql, to be under 2.5; full again = the whole table read"
        f" once more, no row changed; median of {repeat}.",
    )


def _landed(
    folder: Path, name: str, one: str, url: str, rows: int
) -> tuple[Cost, tuple[Cost, Cost]]:
    """What a run with one row costs, a first load of all, and a second full one."""
    starts = House.build(f"start_{name}", folder)
    starts.variables |= {"ENTREPOT_PII_KEY": "k", "SIGETI_URL": one}
    start = cost_of(starts, starts.ingest_command(*SELECTED))
    starts.demolish()
    house = House.build(name, folder)
    house.variables |= {"ENTREPOT_PII_KEY": "k", "SIGETI_URL": url}
    first = cost_of(house, house.ingest_command(*SELECTED))
    found = house.value(f"select count(*) from raw_sigeti.{TABLE}")
    if found != rows:
        raise RuntimeError(f"{found} rows landed of {rows}")
    again = cost_of(house, house.ingest_command(*SELECTED, "--mode", "full"))
    house.demolish()
    return start, (first, again)


def _fill(server: MariaDb, database: str, rows: int) -> None:
    server.empty(database)
    server.execute(*(statement.format(rows=rows) for statement in FILL), database=database)
