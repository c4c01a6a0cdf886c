"""Five days in the life of an installation: flows run as they are scheduled, and things go wrong.

All five sources change from day to day. On the second day one of them does not answer; on the
third a file is bad; on the fourth a file comes late; on the fifth a table has not landed for too
long. The alerts are those, once each, and in the end the warehouse is what the sources say.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import date
from urllib.parse import urlsplit

import pytest

from demo import atelier, commandes, erp, sigeti
from ingest import server
from ingest.warehouse import connect
from orchestration.changes import PROJECT, project_fingerprint
from orchestration.processes import end_tree
from tests.support import commandes as orders
from tests.support import erp_marts, sigeti_compare
from tests.support.atelier import put_of
from tests.support.atelier_facts import KEYS, LEFT_OUT, facts
from tests.support.atelier_oracle import sessions
from tests.support.compare import facts_differ, marts_differ
from tests.support.erp import erp_database
from tests.support.house import House
from tests.support.inbox import Inbox, Put
from tests.support.nuitee import nights
from tests.support.prefect import Prefect, prefect_server
from tests.support.sigeti import sigeti_database
from tests.support.tables import tables_differ
from tests.support.webhook import Webhook

pytestmark = pytest.mark.e2e

CADENCES = """
time_zone: Europe/Paris
cadences:
  - name: daily
    cron: 0 6 * * *
    select: [fluxvision, atelier, erp, commandes, sigeti]
    limit: 30m
  - name: weekly
    cron: 0 3 * * 0
    select: [erp, commandes, sigeti]
    mode: full
    limit: 30m
  - name: health
    cron: 0 7 * * *
    command: [health]
    limit: 5m
"""
WORKDAYS = [date(2025, 5, day) for day in (12, 13, 14, 15, 16)]
PORTAL = [
    (period, zone) for period in ("2024B1", "2024B2", "2024B3") for zone in ("CABA", "GENTIANE")
]
SPRING = 1_715_000_000  # when the files of the portal are delivered: a moment of May 2024
WEEK = 7 * 86400
# What health finds on any day of this test: its logs and its files are of another year.
OF_THE_TIME = {"missing_files", "calendar", "disk", "folder", "growth", "volume"}


@dataclass
class Installation:
    """A warehouse, its five sources, and the server that runs its flows."""

    house: House
    prefect: Prefect
    hook: Webhook
    urls: dict[str, str]
    nights: Inbox
    logs: Inbox
    day: int = 0
    known: erp_marts.Known = field(default_factory=erp_marts.Known)

    def morning(self, *, files: bool = True) -> None:
        """What happens in the sources until the flow of a day runs."""
        for name, source in (("sigeti", sigeti), ("erp", erp), ("commandes", commandes)):
            with closing(source.connect(self.urls[name])) as opened:
                source.advance(opened, self.day)
        if files:
            today = WORKDAYS[self.day]
            for delivery in atelier.deliveries(atelier.Settings(first=today, last=today)):
                self.logs.put(put_of(delivery))
            self.deliver(*PORTAL[self.day], SPRING + self.day * WEEK)
        self.day += 1

    def deliver(self, period: str, zone: str, mtime: int) -> None:
        """A file of the portal: the nights of a zone on the first day of a period of two months."""
        first = date(int(period[:4]), int(period[-1]) * 2 - 1, 1)
        content = nights(100 + self.day, 200 + self.day, zone=zone, day=first.isoformat())
        self.nights.put(Put(f"Nuitee_{period}_{zone}.csv", content, mtime))

    def run(self, name: str = "daily") -> tuple[str, str]:
        """One scheduled run, and how it ended."""
        ended = self.prefect.run(name)
        if name != "health":
            # The weekly run looks at databases alone, on a day on which no file comes.
            self.nights.see()
            self.logs.see()
            with self.house.cursor() as cursor:
                self.known.learn(erp_marts.rows_of(cursor.connection, "raw_erp"))
        return ended

    def told(self, *words: str) -> int:
        """How many messages have all these words, the daily summary apart."""
        alerts = [body for body in self.hook.bodies if ", the day:" not in body]
        return sum(all(word in body for word in words) for body in alerts)


@contextmanager
def unreachable(url: str) -> Iterator[None]:
    """A database that lets nobody in."""
    name = urlsplit(url).path.strip("/")
    with closing(connect(server.admin(), autocommit=True)) as opened, opened.cursor() as cursor:
        cursor.execute(f'alter database "{name}" with allow_connections false')
        cursor.execute(
            "select pg_terminate_backend(pid) from pg_stat_activity where datname = %s", (name,)
        )
        yield
        cursor.execute(f'alter database "{name}" with allow_connections true')


@pytest.fixture
def installation(make_house: Callable[..., House]) -> Iterator[Installation]:
    """Everything up: sources as they stood, a warehouse without a row, flows served."""
    house = make_house("day")
    folder = house.folder
    page = folder / "cadences.yml"
    page.write_text(CADENCES, encoding="utf-8")
    with (
        sigeti_database("day_sigeti") as sigeti_url,
        erp_database("day_erp") as erp_url,
        orders.commandes_database("day_commandes") as commandes_url,
        Webhook() as hook,
        prefect_server(folder / "prefect") as prefect,
    ):
        (folder / "atelier").mkdir()
        house.variables |= {
            "SIGETI_URL": sigeti_url,
            "ERP_URL": erp_url,
            "COMMANDES_URL": commandes_url,
            "ATELIER_URL": str(folder / "atelier"),
            "ENTREPOT_PII_KEY": "a key for the tests",
            "ENTREPOT_RETRY_AFTER": "0",
            "ENTREPOT_CADENCES": str(page),
            "ALERT_URLS": hook.url,
            "HEARTBEAT_URL": hook.http_url,
            **prefect.variables,
        }
        # As if a run had built the empty house: the first day builds what arrives.
        house.call_sql(
            "insert into etl.built_states (source, table_name, state)"
            f" values ('{PROJECT[0]}', '{PROJECT[1]}', '{project_fingerprint()}')"
        )
        serving = house.start([sys.executable, "-m", "orchestration.serve"])
        try:
            yield Installation(
                house,
                prefect,
                hook,
                {"sigeti": sigeti_url, "erp": erp_url, "commandes": commandes_url},
                Inbox(house.inbox),
                Inbox(folder / "atelier"),
            )
        finally:
            end_tree(serving.pid)
            serving.communicate()


def test_five_days(installation: Installation) -> None:
    here, hook, house = installation, installation.hook, installation.house
    _are_served(here.prefect)

    # Day 1: all is well, and nobody is told anything.
    here.morning()
    assert here.run()[0] == "COMPLETED", house.rows("select * from etl.alerts")
    assert hook.messages == []
    _is_right(here)

    # Day 2: SIGETI does not answer. It is told once, and nothing of it is half there.
    here.morning()
    with unreachable(here.urls["sigeti"]):
        state, message = here.run()
        assert state == "FAILED"
        assert "SIGETI_URL" in message
        assert here.run()[0] == "FAILED"
    assert here.told("tables of sigeti did not land") == 1

    # Day 3: it answers again, which is told; a file of the portal is bad, the others land.
    here.morning()
    bad = b"not;the;header\n1;2;3\n"
    here.nights.put(Put("Nuitee_2024B1_SALERS.csv", bad, SPRING))
    assert here.run()[0] == "FAILED"
    assert here.told("tables of sigeti did not land") == 2, "that it failed, that it is over"
    assert here.told("Nuitee_2024B1_SALERS.csv was refused") == 1
    _is_right(here)

    # Day 4: a file of last year comes late, with its old date.
    here.morning()
    here.deliver("2023B6", "CABA", SPRING - 20 * WEEK)
    assert here.run()[0] == "COMPLETED"
    assert here.told("SALERS") == 1, "the bad file of yesterday is no news"

    # Day 5: a table of the ERP has not landed for three days; the next run mends that.
    house.call_sql(
        "update etl.run_log set logged_at = logged_at - interval '3 days'"
        " where source = 'erp' and table_name = 'produit' and step = 'load'"
    )
    assert here.run("health")[0] == "FAILED"
    assert here.told("sla", "erp.produit") == 1
    assert hook.calls.count("/alerts") > len(hook.messages), "the heartbeat"
    here.morning(files=False)
    assert here.run("weekly")[0] == "COMPLETED"
    here.run("health")
    _is_right(here, sees_what_is_gone=True)

    # Each alert was told once when it began and once when it was over, and none is left but the
    # bad file, which nobody has mended, and what the calendar of the test itself brings.
    rows = house.rows("select kind, table_name, over_at is null from etl.alerts")
    ours = {(kind, about): is_open for kind, about, is_open in rows if kind not in OF_THE_TIME}
    assert ours == {
        ("source_failed", "sigeti"): False,
        ("file_failed", "fluxvision.nuitee"): True,
        ("sla", "erp.produit"): False,
        # All the tables of SIGETI on the second day, twice: more than five failures in 24 hours.
        ("failures", "last 24 h"): True,
    }


def _are_served(prefect: Prefect) -> None:
    """Both flows are there with their schedules, and Prefect has planned their next runs."""
    for _ in range(240):
        found = prefect.deployments()
        if set(found) == {"daily", "weekly", "health"}:
            break
        time.sleep(0.5)
    schedules = {
        name: [(one["schedule"]["cron"], one["schedule"]["timezone"]) for one in made["schedules"]]
        for name, made in found.items()
    }
    assert schedules == {
        "daily": [("0 6 * * *", "Europe/Paris")],
        "weekly": [("0 3 * * 0", "Europe/Paris")],
        "health": [("0 7 * * *", "Europe/Paris")],
    }
    planned: list[object] = []
    for _ in range(120):
        planned = prefect.ask(
            "flow_runs/filter", {"flow_runs": {"state": {"name": {"any_": ["Scheduled"]}}}}
        )
        if planned:
            break
        time.sleep(0.5)
    assert planned


def _is_right(here: Installation, *, sees_what_is_gone: bool = False) -> None:
    """Every fact and mart is what the calculations in plain Python make of the sources; for the
    databases that is what has landed, until a full load has seen what is gone.
    """
    house, today = here.house, date.today()
    assert not facts_differ(house, here.nights.sightings)
    assert not marts_differ(house, here.nights.sightings)
    assert not tables_differ(house, facts(sessions(here.logs.sightings)), KEYS, LEFT_OUT)
    image = sigeti_compare.raw_rows(house)
    with house.cursor() as cursor:
        rows = erp_marts.rows_of(cursor.connection, "raw_erp")
    if sees_what_is_gone:
        image = sigeti_compare.source_rows(here.urls["sigeti"])
        with closing(erp.connect(here.urls["erp"])) as opened:
            rows = erp_marts.rows_of(opened, "PUB")
        told = orders.source_rows(here.urls["commandes"])
        assert not orders.differences_from(house, told, today)
    assert not sigeti_compare.differences_from(house, image, today)
    assert not erp_marts.differences_from(house, rows, here.known, today)
