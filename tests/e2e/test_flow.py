"""The Prefect flow ingests and then builds; it ends red, and builds nothing, when a load failed."""

from __future__ import annotations

import sys
from collections.abc import Callable

import pytest

from tests.support.house import House

pytestmark = pytest.mark.e2e

FLOW = (
    "from orchestration.flows import bring_up_to_date;"
    "bring_up_to_date(models=['dim_provenance', 'dim_zone_observation'])"
)


def _builds(house: House) -> int:
    rows = house.rows("select count(*) from etl.run_log where source = 'dbt' and step = 'build'")
    return int(rows[0][0])


def test_a_flow_ingests_then_builds_and_stops_red_on_a_failed_file(
    make_house: Callable[..., House],
) -> None:
    house = make_house("flow")
    before = _builds(house)
    house.call([sys.executable, "-c", FLOW])
    green = _builds(house)
    assert green == before + 2
    (house.inbox / "Nuitee_2024B1_CABA0.csv").write_text("not;the;header\n1;2;3\n")
    red = house.call([sys.executable, "-c", FLOW], codes=None)
    assert red.code != 0
    assert "LandingFailed" in red.err + red.out
    assert _builds(house) == green
