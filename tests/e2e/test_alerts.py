"""Alerts of a warehouse: kept in etl.alerts, and told once to each channel."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from ingest import settings
from orchestration.alerts import Notified, notify, notify_without_warehouse
from orchestration.findings import Finding
from tests.conftest import HOME
from tests.support.house import House
from tests.support.webhook import Webhook

pytestmark = pytest.mark.e2e

LATE = Finding("sla", "warning", "erp.produit", "30 h old, limit 24 h", "see that it loads")
GONE = Finding(
    "failed", "critical", "erp.client", "the load failed", "read the error", "r1", "gone"
)
KINDS = ("sla", "failed")
TWICE = """
from ingest.settings import warehouse
from orchestration.alerts import notify
from orchestration.findings import Finding
late = [Finding("sla", "warning", f"erp.t{n}", "late", "look") for n in range(3)]
notify(warehouse(), late, kinds=["sla"])
"""


@pytest.fixture(scope="module")
def bare() -> Iterator[House]:
    """A warehouse with its control tables and nothing else."""
    made = House.build("alerts", HOME)
    yield made
    made.demolish()


@pytest.fixture
def house(bare: House) -> House:
    bare.call_sql("truncate etl.alerts")
    return bare


@pytest.fixture
def hook(monkeypatch: pytest.MonkeyPatch) -> Iterator[Webhook]:
    with Webhook() as running:
        monkeypatch.setitem(os.environ, "ALERT_URLS", running.url)
        settings.environment.cache_clear()
        yield running
    settings.environment.cache_clear()


def use(monkeypatch: pytest.MonkeyPatch, *addresses: str) -> None:
    monkeypatch.setitem(os.environ, "ALERT_URLS", " ".join(addresses))
    settings.environment.cache_clear()


def look(house: House, *findings: Finding, **scope: object) -> Notified:
    return notify(house.warehouse, findings, **{"kinds": KINDS, **scope})  # type: ignore[arg-type]


def test_an_alert_is_told_once_then_when_it_is_due_then_that_it_is_over(
    house: House, hook: Webhook
) -> None:
    assert look(house, LATE, GONE).new == 2
    assert look(house, LATE, GONE) == Notified(new=0, over=0, open=2)
    assert len(hook.messages) == 1
    house.call_sql("update etl.alerts set last_sent_at = now() - interval '5 hours'")
    assert look(house, LATE, GONE).told == ("127.0.0.1",)
    assert "failed erp.client" in hook.bodies[1]
    assert "sla" not in hook.bodies[1]
    assert look(house, LATE).over == 1
    assert hook.messages[2]["title"].endswith("over: failed erp.client")
    assert hook.messages[2]["type"] == "success"
    kept = house.records("select * from etl.alerts order by kind")
    assert [(one["kind"], one["over_at"] is None, one["times_seen"]) for one in kept] == [
        ("failed", False, 3),
        ("sla", True, 4),
    ]
    assert (kept[0]["run_id"], kept[0]["error"], kept[0]["todo"]) == (
        "r1",
        "gone",
        "read the error",
    )
    assert {one["sent_to"] for one in kept} == {"127.0.0.1"}
    # The same thing again is a new alert.
    assert look(house, LATE, GONE).new == 1
    assert len(hook.messages) == 4


def test_only_what_was_looked_at_is_over(house: House, hook: Webhook) -> None:
    other = replace(GONE, subject="erp.fournis")
    look(house, LATE, GONE, other)
    assert look(house, kinds=("sla",), subjects={"erp.client"}).over == 0
    assert look(house, kinds=("failed",), subjects={"erp.client"}).over == 1
    assert look(house).over == 2
    assert look(house).open == 0


def test_what_a_channel_did_not_take_is_tried_again_for_it_alone(
    house: House, hook: Webhook, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Webhook(status=503) as broken:
        use(monkeypatch, hook.url, broken.url)
        said = look(house, LATE)
        assert said.told == ("127.0.0.1",)
        assert list(said.silent) == ["127.0.0.1 (2)"]
        assert house.value("select untold from etl.alerts") == "127.0.0.1 (2)"
        look(house, GONE, LATE)
        broken.status = 200
        look(house, GONE, LATE)
        assert [one["title"] for one in broken.messages] == ["Entrepôt dev: 2 alerts, 1 critical"]
        assert len(hook.messages) == 2
        # An end that it did not hear of is told too, also when there is nothing else to say.
        broken.status = 503
        look(house)
        broken.status = 200
        look(house)
        assert broken.messages[-1]["title"] == "Entrepôt dev: 2 over"
        assert len(broken.messages) == 2


def test_without_a_channel_alerts_are_kept_and_told_once_there_is_one(
    house: House, hook: Webhook, monkeypatch: pytest.MonkeyPatch
) -> None:
    use(monkeypatch)
    assert look(house, LATE) == Notified(new=1, over=0, open=1)
    use(monkeypatch, hook.url)
    assert look(house, LATE).told == ("127.0.0.1",)


def test_no_secret_is_told_or_kept(house: House, hook: Webhook) -> None:
    secret = "postgresql://aya:s3cr/et@db:5432/erp: password='s3cr/et x' refused"
    look(house, replace(GONE, error=secret, message=secret, subject="erp.x"))
    kept = str(house.records("select * from etl.alerts"))
    assert "***@db:5432/erp" in hook.bodies[0]
    assert "***@db:5432/erp" in kept
    assert "s3cr" not in hook.bodies[0] + kept


def test_two_processes_at_once_tell_each_alert_once(
    house: House, hook: Webhook, tmp_path: Path
) -> None:
    hook.seconds = 1.5
    both = [
        # On two machines: nothing but the warehouse is shared.
        house.start(
            [sys.executable, "-c", TWICE],
            ALERT_URLS=hook.url,
            ENTREPOT_STATE_DIR=str(tmp_path / str(number)),
        )
        for number in range(2)
    ]
    for process in both:
        _, said = process.communicate(timeout=60)
        assert process.returncode == 0, said
    assert len(hook.messages) == 1
    assert house.rows("select times_seen from etl.alerts") == [(2,)] * 3


def test_what_was_told_while_the_warehouse_was_down_is_taken_over(
    house: House, hook: Webhook
) -> None:
    home = house.warehouse
    gone = settings.Warehouse(home.target, "127.0.0.1", 1, "none", "nobody", "")
    notify(gone, [GONE], kinds=KINDS)
    notify_without_warehouse([GONE], home.target)
    assert [one["title"] for one in hook.messages] == ["Entrepôt dev: 2 alerts, 2 critical"]
    said = look(house, GONE)
    assert (said.new, said.over, said.open) == (0, 1, 1)
    assert hook.messages[1]["title"] == "Entrepôt dev: over: warehouse dev"
    assert house.rows("select kind, times_seen, over_at is null from etl.alerts order by kind") == [
        ("failed", 3, True),
        ("warehouse", 1, False),
    ]
    assert look(house, GONE).told == ()


def test_the_command_lists_the_open_alerts_and_tries_the_channels(
    house: House, hook: Webhook
) -> None:
    assert "No alert is open." in house.entrepot("alert").out
    look(house, LATE, GONE)
    listed = house.entrepot("alert").out
    assert listed.index("CRITICAL  failed  erp.client") < listed.index("WARNING  sla  erp.produit")
    assert "what to do: read the error" in listed
    assert max(map(len, listed.splitlines())) <= 80
    tried = house.entrepot("alert", "--test", ALERT_URLS=hook.url)
    assert "127.0.0.1  answered" in tried.out
    assert hook.messages[-1]["title"] == "Entrepôt: a test"
    tried = house.entrepot(
        "alert", "--test", ALERT_URLS=f"{hook.url} json://s3cret@127.0.0.1:1/x", codes=(1,)
    )
    assert "no answer" in tried.out
    assert "s3cret" not in tried.said
    wrong = f"{hook.url} https://hooks.slack.com/services/T1"
    tried = house.entrepot("alert", "--test", ALERT_URLS=wrong, codes=(2,))
    assert "wrong address" in tried.out
    assert tried.err.count("\n") == 1
    tried = house.entrepot("alert", "--test", ALERT_URLS="", codes=(2,))
    assert "ALERT_URLS is empty" in tried.err
