"""Warehouses of two sizes: a rerun with nothing new, one more week, and what reports read."""

from __future__ import annotations

import datetime
import json
import statistics
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from bench.tools import cost_of, show
from tests.support.house import House
from tests.support.private import ROOT

FIRST, LAST = "2023B1", "2025B2"
# Before the weekly files of the second day; after the last consolidated period.
DAY = datetime.date(2025, 6, 4)
WEEK = datetime.timedelta(days=7)
FACT_ROWS = """
    select coalesce(sum(n_live_tup), 0)::bigint from pg_stat_user_tables
    where schemaname = 'dwh_facts' and relname like 'fait_%'
"""
RAW_ROWS = (
    "select coalesce(sum(rows_landed), 0)::bigint from etl.file_ledger where status <> 'duplicate'"
)


class Warehouses:
    """One warehouse per scale of the demo, made when it is first asked for."""

    def __init__(self, folder: Path, scales: Sequence[float]) -> None:
        self.folder = folder
        self.scales = scales
        self._made: dict[float, House] = {}

    def __iter__(self) -> Any:
        return ((scale, self[scale]) for scale in self.scales)

    def __getitem__(self, scale: float) -> House:
        if scale not in self._made:
            house = House.build(f"scale_{scale}".replace(".", "_"), self.folder)
            deliver(house, scale, DAY)
            landed = cost_of(house, house.ingest_command())
            built = cost_of(house, house.dbt_command("--quiet", "build"))
            with house.cursor() as cursor:
                cursor.execute("vacuum analyze")
            print(
                f"scale {scale}: {house.value(RAW_ROWS):,} rows landed in {landed.seconds:.0f} s "
                f"({landed.memory / 2**20:.0f} MB), {house.value(FACT_ROWS):,} fact rows built "
                f"and tested in {built.seconds:.0f} s",
                flush=True,
            )
            self._made[scale] = house
        return self._made[scale]


def deliver(house: House, scale: float, day: datetime.date) -> None:
    """Bring the drop of a warehouse to what it holds on a day."""
    subprocess.run(
        [
            *(sys.executable, "-m", "demo", "fluxvision", "--out", str(house.inbox)),
            *("--from", FIRST, "--to", LAST, "--scale", str(scale), "--seed", "1"),
            *("--day", day.isoformat()),
        ],
        cwd=ROOT,
        check=True,
        capture_output=True,
    )


def _run(house: House) -> tuple[float, float]:
    """Seconds of one landing and one full `dbt build`, tests included."""
    landed = cost_of(house, house.ingest_command()).seconds
    return landed, cost_of(house, house.dbt_command("--quiet", "build")).seconds


def measure_rerun(warehouses: Warehouses, repeat: int) -> None:
    """`run_all.py` then `dbt build` again, with nothing new."""
    table: list[list[Any]] = []
    for scale, house in warehouses:
        runs = [_run(house) for _ in range(repeat)]
        landed, built = (statistics.median(times) for times in zip(*runs, strict=True))
        table.append([f"{scale:g}", house.value(FACT_ROWS), landed, built, landed + built])
    for line in table:
        line.append(f"{line[4] / table[0][4]:.2f}")
    show(
        "rerun: nothing new",
        ["scale", "fact rows", "run_all s", "dbt build s", "both s", "ratio"],
        table,
        f"ratio = both / that of the first line, to be under 1.5; median of {repeat}; the build "
        "runs every test that a daily build runs.",
    )


def measure_week(warehouses: Warehouses, repeat: int) -> None:
    """One more week of provisional files: what it costs beyond a rerun with nothing new."""
    table = []
    for number in range(1, repeat + 1):
        for scale, house in warehouses:
            idle = sum(_run(house))
            before = house.value(RAW_ROWS)
            deliver(house, scale, DAY + number * WEEK)
            landed, built = _run(house)
            rows = house.value(RAW_ROWS) - before
            more = landed + built - idle
            per_row = 1e6 * more / rows if rows else None
            table.append([f"{scale:g}", number, before, rows, landed, built, more, per_row])
    show(
        "week: one more week of deliveries",
        [
            *("scale", "week", "rows before", "new rows", "run_all s", "dbt build s"),
            *("beyond an idle run s", "us per new row"),
        ],
        table,
        "The time beyond an idle run is to follow the new rows, not the rows before.",
    )


def measure_reads(warehouses: Warehouses, repeat: int) -> None:
    """What a report reads from each mart, for one zone and period; the plan with it."""
    for scale, house in warehouses:
        table, plans = [], []
        for mart, query in _queries(house):
            times = [_explain(house, query) for _ in range(max(repeat, 3))]
            slowest = max(plan["Planning Time"] + plan["Execution Time"] for plan in times)
            median = statistics.median(
                plan["Planning Time"] + plan["Execution Time"] for plan in times
            )
            rows = times[0]["Plan"]["Actual Rows"]
            total = house.value(f"select count(*) from dwh_marts.{mart}")
            table.append([mart, total, int(rows), median, slowest])
            plans.append(f"{mart}: {_plan_words(times[0]['Plan'])}")
        show(
            f"reads: one zone and period, scale {scale} ({house.value(FACT_ROWS)} fact rows)",
            ["mart", "rows", "rows read", "median ms", "slowest ms"],
            table,
            "To be under 100 ms each, planning included. Plans:\n" + "\n".join(plans),
        )


def _queries(house: House) -> list[tuple[str, str]]:
    """For each mart the rows of its most frequent zone and, where it has them, period and year."""
    found = []
    for (mart,) in house.rows(
        "select table_name from information_schema.tables "
        "where table_schema = 'dwh_marts' and table_name like 'mart_%' order by 1"
    ):
        columns = {
            name
            for (name,) in house.rows(
                "select column_name from information_schema.columns "
                "where table_schema = 'dwh_marts' and table_name = %s",
                [mart],
            )
        }
        keys = [name for name in ("code_zone", "annee", "code_periode") if name in columns]
        chosen = house.rows(
            f"select {', '.join(keys)} from dwh_marts.{mart} "
            f"group by {', '.join(keys)} order by count(*) desc limit 1"
        )
        if chosen:
            tests = " and ".join(
                f"{key} = '{value}'" for key, value in zip(keys, chosen[0], strict=True)
            )
            found.append((mart, f"select * from dwh_marts.{mart} where {tests}"))
    return found


def _explain(house: House, query: str) -> dict[str, Any]:
    plan = house.value(f"explain (analyze, buffers, format json) {query}")
    found: dict[str, Any] = (json.loads(plan) if isinstance(plan, str) else plan)[0]
    return found


def _plan_words(node: dict[str, Any]) -> str:
    """A plan in one line: its nodes from the top, with the index or table that each reads."""
    name = node.get("Index Name") or node.get("Relation Name")
    words = node["Node Type"] + (f" ({name})" if name else "")
    inner = [_plan_words(child) for child in node.get("Plans", [])]
    return f"{words} <- {' + '.join(inner)}" if inner else words
