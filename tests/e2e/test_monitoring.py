"""The views of `etl` after real runs: ages against the declarations, and the names of before."""

from __future__ import annotations

from datetime import timedelta

import psycopg2
import pytest

from ingest.catalog import Generated, load_catalog
from tests.support.house import House

pytestmark = pytest.mark.e2e

HOUR = timedelta(hours=1)


def statuses(house: House, source: str) -> set[str]:
    return {
        status
        for (status,) in house.rows(
            "select distinct sla_status from etl.vw_sla_breach where source = %s", [source]
        )
    }


def age(house: House, interval: str) -> None:
    """Let the run log be so much older than it is."""
    house.call_sql(f"update etl.run_log set logged_at = logged_at - interval '{interval}'")


def _hours(age: timedelta | None) -> float | None:
    return age / HOUR if age else None


def test_the_limits_are_those_of_the_declarations(house: House) -> None:
    declared = {
        (
            table.source,
            table.name,
            # What an installation may leave out has no limit, and is never late.
            _hours(table.freshness and table.freshness.warn_after),
            _hours(table.freshness and table.freshness.error_after),
        )
        for table in load_catalog().tables
        if not isinstance(table.origin, Generated)
    }
    found = house.rows(
        "select source, table_name, warn_after_hours::float8, error_after_hours::float8"
        " from etl.vw_declared_tables"
    )
    assert len(found) > 50
    assert set(found) == declared


def test_quiet_tables_that_load_well_are_never_late(house: House) -> None:
    # The house was landed with an empty inbox; SIGETI is listed, and nobody says where it is.
    assert statuses(house, "fluxvision") == {"OK"}
    assert statuses(house, "sigeti") == {"CRITICAL"}
    assert not house.rows(
        "select 1 from etl.vw_sla_breach where source = 'sigeti' and last_success_at is not null"
    )
    age(house, "9 days")
    assert statuses(house, "fluxvision") == {"WARNING"}
    age(house, "27 days")
    assert statuses(house, "fluxvision") == {"CRITICAL"}
    house.ingest("--select", "fluxvision")
    assert statuses(house, "fluxvision") == {"OK"}


def test_a_profile_is_a_line_of_the_run_log(house: House) -> None:
    due = "select count(*) from etl.vw_profiling_needed where table_name = 'nuitee'"
    assert house.value(due) == 1
    line = (
        "insert into etl.run_log (run_id, source, table_name, step, status)"
        " values ('r', 'fluxvision', 'nuitee', '{}', 'ok')"
    )
    house.call_sql(line.format("profile"))
    assert house.value(due) == 0
    with pytest.raises(psycopg2.errors.CheckViolation):
        house.call_sql(line.format("guess"))


@pytest.mark.parametrize(
    "query",
    [
        "select TableName, HoursSinceSuccess, SLAStatus from etl.vw_SLABreach"
        " where SLAStatus in ('OK', 'WARNING', 'CRITICAL')",
        "select TableName, TotalRuns, SuccessCount, FailCount, AvgDuration"
        " from etl.vw_TablePerformance where TotalRuns = SuccessCount + FailCount",
        "select RunId, TableName, StepName, Status, RowsProcessed, ErrorMessage, DurationSeconds,"
        " LogTs from etl.vw_LastRuns where StepName = 'flow_complete' and Status = 'success'",
        "select TableName, LastProfilingTs from etl.vw_ProfilingNeeded",
        "select RunId, TableName, StepName, Status, RowsProcessed, ErrorMessage, DurationSeconds,"
        " LogTs from etl.ETL_Log where StepName = 'transform' and Status = 'success'",
    ],
)
def test_queries_of_before_find_their_names(house: House, query: str) -> None:
    house.ingest("--select", "fluxvision")
    assert house.rows(query)
