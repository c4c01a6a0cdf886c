"""`entrepot run` on a warehouse: what it builds and tells, what a failure leaves to the next."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from typing import Any

import pytest

from orchestration.changes import PROJECT, project_fingerprint
from tests.support.demo import FIRST_DAY, LATER_DAY, deliver
from tests.support.house import House
from tests.support.webhook import Webhook

pytestmark = pytest.mark.e2e


def runs(house: House, *arguments: str, codes: tuple[int, ...] = (0,)) -> dict[str, Any]:
    """`entrepot run --json` on Flux Vision."""
    done = house.entrepot("run", "--select", "fluxvision", "--json", *arguments, codes=codes)
    return dict(json.loads(done.out))


def built(answer: dict[str, Any]) -> dict[str, int]:
    """How many models of each layer were built."""
    return {layer["layer"]: layer["of"] for layer in answer["layers"] if layer["layer"] != "raw"}


def has_seen_the_project(house: House) -> None:
    """As if a run had built the empty house: the next one builds what arrives, not everything."""
    house.call_sql(
        "insert into etl.built_states (source, table_name, state) values"
        f" ('{PROJECT[0]}', '{PROJECT[1]}', '{project_fingerprint()}')"
    )


def test_a_week_of_runs(make_house: Callable[..., House]) -> None:
    house = make_house("runs")
    has_seen_the_project(house)
    with Webhook() as hook:
        house.variables |= {"ALERT_URLS": hook.url, "ENTREPOT_RETRY_AFTER": "0"}

        # What arrived is landed, and what is below it is built; nothing else is.
        deliver(house.inbox, FIRST_DAY)
        first = runs(house)
        assert first["exit_code"] == 0
        assert first["files"]["landed"] > 10
        layers = built(first)
        assert layers["dwh_facts"] > 5
        assert layers["dwh_marts"] > 3
        nights = house.value("select count(*) from dwh_facts.fait_nuitees")
        assert nights > 0
        equal, counted = house.rows(
            "select bool_and(is_equal), count(*) from etl.validation"
            " where run_id = (select max(run_id) from etl.validation)"
        )[0]
        assert equal
        assert counted == first["files"]["landed"]
        steps = house.rows(
            f"select distinct step from etl.run_log where run_id = '{first['run_id']}'"
        )
        assert {step for (step,) in steps} >= {"list", "load", "build", "test"}

        # Nothing new: nothing is built.
        again = runs(house)
        assert built(again) == {}
        assert again["tests"] == {}

        # A bad file is told; the good ones that came with it are in the facts.
        (house.inbox / "Nuitee_2024B1_CABA0.csv").write_text("not;the;header\n1;2;3\n")
        deliver(house.inbox, LATER_DAY)
        # ... and a fact that cannot be written is told too; its tables are to be built again.
        house.call_sql(
            "alter table dwh_facts.fait_nuitees add constraint never check (false) not valid"
        )
        broken = runs(house, codes=(1,))
        told = {(item["kind"], item["subject"]) for item in broken["findings"]}
        assert ("file_failed", "fluxvision.nuitee") in told
        assert ("build_failed", "fait_nuitees") in told
        assert house.value("select count(*) from dwh_facts.fait_nuitees") == nights
        house.call_sql("alter table dwh_facts.fait_nuitees drop constraint never")

        # The next run finds no new file, and builds what that build left.
        mended = runs(house)
        assert mended["files"]["landed"] == 0
        assert house.value("select count(*) from dwh_facts.fait_nuitees") > nights
        assert {item["kind"] for item in mended["findings"]} == {"file_failed"}
        assert built(runs(house)) == {}

        heard = "\n".join(hook.bodies)
        assert heard.count("fait_nuitees was not built") == 2, "that it failed, that it is over"
        assert heard.count("Nuitee_2024B1_CABA0.csv was refused") == 1
        is_open = dict(house.rows("select kind, over_at is null from etl.alerts"))
        assert is_open["build_failed"] is False
        assert is_open["file_failed"] is True


def test_a_run_whose_time_is_over_ends_and_the_next_one_goes_on(
    make_house: Callable[..., House],
) -> None:
    house = make_house("limited")
    has_seen_the_project(house)
    deliver(house.inbox, FIRST_DAY)
    limited = (
        "import sys; from orchestration.run import Job, run;"
        "sys.exit(run(Job('limited', ('fluxvision',), limit_seconds=2.0), quiet=True).code)"
    )
    done = house.call([sys.executable, "-c", limited], codes=None)
    assert done.code == 1, done.said
    assert (
        house.value("select count(*) from pg_stat_activity where application_name like 'ingest-%'")
        == 0
    )
    kinds = [row[0] for row in house.rows("select kind from etl.alerts where over_at is null")]
    assert kinds == ["run_failed"]
    assert runs(house)["exit_code"] == 0
    assert house.value("select count(*) from dwh_facts.fait_nuitees") > 0
