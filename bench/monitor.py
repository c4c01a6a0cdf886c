"""`entrepot monitor` over a run log and rejects of millions of lines."""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence
from pathlib import Path

from bench.tools import cost_of, median, show
from ingest.catalog import load_catalog
from orchestration.monitor import collect
from orchestration.monitor.queries import REJECTS
from tests.support.house import House

LINES, REJECTED, FILES = 2_000_000, 2_000_000, 200_000
MODELS = 250
# A run writes a line for each table and model.
SEED = f"""
insert into etl.run_log (logged_at, run_id, source, table_name, step, status, rows, seconds)
select
    now() - (({LINES} - number) * interval '30 seconds'),
    'run-' || lpad((number / 400)::text, 8, '0'),
    case when which < %(tables)s then split_part(names.known[which + 1], '.', 1) else 'dbt' end,
    case
        when which < %(tables)s then split_part(names.known[which + 1], '.', 2)
        else 'mart_' || which
    end,
    case when which < %(tables)s then 'load' else 'build' end,
    case when number %% 97 = 0 then 'failed' when number %% 31 = 0 then 'warn' else 'ok' end,
    -- A third of the tables never changes.
    case when which %% 3 = 0 then 0 else number %% 1000 end,
    (number::bigint * 7919) %% 10007 / 1000.0
from (select %(names)s::text[] as known) as names
cross join generate_series(1, {LINES}) as number
cross join lateral (select number %% (%(tables)s + {MODELS}) as which) as places
"""
# Half of them on one day and for one reason, the others of years and for 600.
SEED_REJECTS = f"""
insert into etl.rejects (
    reject_id, run_id, source, table_name, _file_id, row_number, reason, raw_text, rejected_at
)
select
    'r' || number, 'run', 'fluxvision',
    case when number %% 2 = 0 then 'nuitee' else 'table_' || number %% 40 end,
    'f' || number / 1000, number,
    case when number %% 2 = 0 then '4 fields instead of 5' else 'reason ' || number %% 600 end,
    repeat('x', 60),
    case
        when number %% 2 = 0 then now() - interval '3 hours'
        else now() - number * interval '40 seconds'
    end
from generate_series(1, {REJECTED}) as number
"""
SEED_FILES = f"""
insert into etl.file_ledger (
    delivery_id, source, table_name, connection, path, container_path, seen_at, last_seen_at,
    status, rows_read, rows_landed, rows_rejected
)
select
    'd' || number, 'atelier', 'lignes_log', 'ATELIER_URL', 'log' || number, 'log' || number, now(),
    now(), case when number %% 50 = 0 then 'duplicate' else 'landed' end, 900, 899, 1
from generate_series(1, {FILES}) as number
"""


def measure(folder: Path, repeat: int) -> None:
    """Seed a warehouse, ask it, and print the table."""
    house = House.build("monitor", folder)
    house.ingest()
    house.dbt("run", "--select", "+vw_sla_breach")
    table = [_asked("a new warehouse", house, repeat)]
    names = [one.key for one in load_catalog().tables]
    with house.cursor() as cursor:
        cursor.execute("set role entrepot_transformer")
        for number in range(len(names), len(names) + MODELS):
            cursor.execute(f"create table dwh_marts.mart_{number} (id bigint primary key)")
        cursor.execute("reset role")
        cursor.execute(SEED, {"names": names, "tables": len(names)})
        cursor.execute(SEED_REJECTS.replace("%%", "%"))
        cursor.execute(SEED_FILES.replace("%%", "%"))
        cursor.execute("vacuum analyze etl.run_log, etl.rejects, etl.file_ledger")
    table.append(_asked(f"{LINES:,} lines of the log, {REJECTED:,} rejects", house, repeat))
    show(
        "monitor",
        ["warehouse", "queries s", "entrepot monitor s", "with --exact s"],
        table,
        "To hold: entrepot monitor under 1 s at any size.",
    )
    _plan(house)


def _asked(what: str, house: House, repeat: int) -> Sequence[object]:
    command = [sys.executable, "-m", "orchestration.cli", "monitor"]
    exact = median(lambda: cost_of(house, [*command, "--exact"]).seconds, repeat)
    whole = median(lambda: cost_of(house, command).seconds, repeat)
    return [what, median(lambda: _collected(house), repeat), whole, exact]


def _collected(house: House) -> float:
    began = time.monotonic()
    found = collect(house.warehouse)
    seconds = time.monotonic() - began
    if not found["objects"] or not found["freshness"]:
        raise RuntimeError("the monitor has nothing to show")
    return seconds


def _plan(house: House) -> None:
    """How the server finds the rejects: down the index, never over the table."""
    lines = house.rows("explain " + REJECTS.format(limit="limit 10001"))
    scanned = [line for (line,) in lines if "Seq Scan on rejects" in line]
    if scanned:
        raise RuntimeError(f"the rejects are read whole: {scanned[0].strip()}")
