"""What Prefect adds: a flow beside the same landing and build by hand, on the same deliveries."""

from __future__ import annotations

import sys
from pathlib import Path

from bench.tools import cost_of, show
from tests.support.demo import FIRST_DAY, deliver
from tests.support.house import House
from tests.support.prefect import prefect_server

SELECTED = ("--select", "fluxvision")
# By hand everything is built; the first run of a project builds everything too.
BUILD = ("--quiet", "build", "--exclude-resource-type", "unit_test")


def measure(folder: Path, repeat: int) -> None:
    """A first load by hand and by a flow, each in a warehouse of its own; then with nothing new."""
    table = []
    with prefect_server(folder / "prefect") as prefect:
        for number in range(repeat):
            empty = House.build(f"flow_empty_{number}", folder)
            empty.ingest()
            empty.run_models()
            by_hand = House.build(f"flow_hand_{number}", folder, empty)
            by_flow = House.build(f"flow_flow_{number}", folder, empty)
            by_flow.variables |= prefect.variables
            flow = [sys.executable, "-m", "orchestration.flows", "fluxvision"]
            for house in (by_hand, by_flow):
                deliver(house.inbox, FIRST_DAY)
            for what in ("first load", "nothing new"):
                landing = cost_of(by_hand, by_hand.ingest_command(*SELECTED)).seconds
                building = cost_of(by_hand, by_hand.dbt_command(*BUILD)).seconds
                whole = cost_of(by_flow, flow).seconds
                hand = landing + building
                table.append([number, what, landing, building, whole, whole - hand, whole / hand])
            for house in (by_hand, by_flow, empty):
                house.demolish()
    show(
        "flow: Prefect beside the same by hand",
        ["run", "", "ingest s", "dbt build s", "flow s", "more s", "ratio"],
        table,
        "by hand = `run_all.py --select fluxvision`, then a bare `dbt build` of everything; flow = "
        "`python -m orchestration.flows fluxvision` with a Prefect server that is up: preflight, "
        "the same landing, build, freshness, counts, alerts; more to be under 15 s, ratio under "
        "1.2; with nothing new a flow builds nothing.",
    )
