"""The facts and marts of the workshop are what the delivered logs say, however they came.

The calculation in plain Python is tests/support/atelier_oracle.py and its neighbours.
"""

from __future__ import annotations

import datetime
import hashlib
import json
import random
import shutil
from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal

import pytest

from demo import atelier
from tests.support.atelier import put_of, story
from tests.support.atelier_facts import KEYS, LEFT_OUT, facts
from tests.support.atelier_marts import Stated, marts
from tests.support.atelier_oracle import rejects, sessions
from tests.support.checksums import checksums, differences, row_versions
from tests.support.compare import differing
from tests.support.examples import silent_examples
from tests.support.house import Done, House
from tests.support.inbox import Inbox, Put, Seen
from tests.support.sequences import Build, Land, Step
from tests.support.tables import tables_differ

pytestmark = pytest.mark.e2e

WORKSHOP = ("source:atelier+", "path:seeds/_atelier__seeds.yml+")
DERIVED = r"^dwh_(dimensions|facts|marts)$"
# The dimension of the machines is a table that every build writes anew from its seed.
UNTOUCHED = r"^dwh_(facts|marts)$"
# Of the files that hold; another that was sent may have rejects of its own.
REJECTS = """
    select rejets.motif, count(*)
    from dwh_staging.stg_atelier__evenements__rejets as rejets
    inner join dwh_facts.int_atelier__fichiers as fichiers using (_file_id)
    group by rejets.motif
"""
LOGS = "from etl.file_ledger where source = 'atelier' and landed_at is not null"
# Eleven days of work have every kind of fault.
FEW_DAYS = datetime.date(2025, 5, 16)
# What people might state: for one machine everything, for the others a part.
STATED = Stated(
    shifts=[
        *(
            ("SU12", day, *shift)
            for day in range(1, 6)
            for shift in (("05:00", "13:00"), ("13:00", "21:00"))
        ),
        *(("DEM12", day, "21:30", "05:00") for day in range(1, 7)),
    ],
    cycles={
        ("DEM12", None): Decimal(30),
        ("DEM12", "6112"): Decimal("42.5"),
        ("SU12", None): Decimal(25),
        ("DEMALU", "GY1104"): Decimal(60),
    },
    scrap={("DEM12", datetime.date(2025, 5, 5 + number)): number for number in range(0, 12, 2)}
    | {("DEMALU", datetime.date(2025, 5, 7)): 0},
)


def opens(house: House) -> Inbox:
    """The drop of the workshop, empty, and what people state of it."""
    folder = house.folder / "atelier"
    house.variables["ATELIER_URL"] = str(folder)
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    STATED.write(house)
    return Inbox(folder)


def land(house: House, inbox: Inbox) -> None:
    house.ingest("--select", "atelier")
    inbox.see()


def build(house: House, *arguments: str, tested: bool = False) -> Done:
    """Build what comes of the logs; the seeds are as the empty house, or the test, has them."""
    kinds = ["unit_test", "seed", *([] if tested else ["test"])]
    return house.dbt(
        *("build", "--select", *WORKSHOP),
        *(part for kind in kinds for part in ("--exclude-resource-type", kind)),
        *arguments,
    )


def differ(house: House, seen: Sequence[Seen]) -> list[str]:
    """Every difference of facts, marts and rejected lines from what the logs say."""
    found = sessions(seen)
    wrong = tables_differ(house, facts(found) | marts(found, STATED), KEYS, LEFT_OUT)
    return wrong + differing("rejects", dict(rejects(seen)), dict(house.rows(REJECTS)))


def of(seen: Seen) -> tuple[str, str]:
    return seen.path, hashlib.sha256(seen.content).hexdigest()


def withdrawn_logs(house: House, draw: random.Random) -> set[tuple[str, str]]:
    """Take logs out as a user would, whole or a content of them; the (path, hash) that went."""
    paths = [path for (path,) in house.rows(f"select distinct path {LOGS} order by 1")]
    contents = [name for (name,) in house.rows(f"select distinct _file_id {LOGS} order by 1")]
    for wanted in (*draw.sample(paths, 4), *draw.sample(contents, 6)):
        house.entrepot("withdraw", wanted, "--reason", "a test drive")
    return set(
        house.rows(
            "select path, sha256 from etl.file_ledger"
            " where source = 'atelier' and withdrawn_until is not null"
        )
    )


def play(house: House, steps: Sequence[Step], told: str) -> Inbox:
    """Do what a story tells; after each build the warehouse is what the logs say."""
    inbox = opens(house)
    for number, step in enumerate(steps):
        if isinstance(step, Put):
            inbox.put(step)
        elif isinstance(step, Land):
            land(house, inbox)
        elif isinstance(step, Build):
            build(house)
            wrong = differ(house, inbox.sightings)
            so_far = "\n".join(f"  {step}" for step in steps[: number + 1])
            assert not wrong, "\n".join([*wrong, told, so_far])
    return inbox


def test_figures_are_those_of_the_logs(house: House) -> None:
    """Twenty plain days: nothing to warn about, and every figure is the one calculated."""
    inbox = opens(house)
    deliveries = list(atelier.deliveries(atelier.Settings()))
    for delivery in deliveries:
        inbox.put(put_of(delivery))
    land(house, inbox)
    build(house, "--warn-error", tested=True)
    assert not differ(house, inbox.sightings)
    assert len(house.rows("select 1 from dwh_marts.mart_atelier_performance")) == 60
    assert silent_examples(house, "atelier/[!c]*__*.sql") == []


@pytest.mark.trials(1, 20)
def test_however_logs_come_the_warehouse_says_the_same(
    seed: int,
    house: House,
    empty_house: House,
    request: pytest.FixtureRequest,
) -> None:
    house.reset(empty_house)
    is_long = request.config.getoption("--long")
    wanted = atelier.Settings(faults=True, seed=atelier.DEMO_SEED + seed)
    if not is_long:
        wanted = replace(wanted, last=FEW_DAYS)
    deliveries = list(atelier.deliveries(wanted))
    # A folder that no seed names: the events of a machine that nobody knows.
    deliveries.append(replace(deliveries[0], path="ESSAI/20250505.LOG"))
    told = f"pytest {__file__} --seed {seed}{' --long' if is_long else ''}"
    steps = story(deliveries, seed, looks=6 if is_long else 2)
    inbox = play(house, steps, told)
    before, versions = checksums(house, schemas=DERIVED), row_versions(house, UNTOUCHED)

    build(house)
    assert not differences(versions, row_versions(house, UNTOUCHED)), f"a rerun rewrites {told}"
    assert not differences(before, checksums(house, schemas=DERIVED)), told
    build(house, "--full-refresh")
    moved = differences(before, checksums(house, schemas=DERIVED))
    assert not moved, f"a full refresh gives other tables: {moved} {told}"

    taken = withdrawn_logs(house, random.Random(seed))
    build(house)
    wrong = differ(house, [seen for seen in inbox.sightings if of(seen) not in taken])
    assert not wrong, "\n".join([f"withdrawn: {sorted(taken)}", *wrong, told])
    house.entrepot("withdraw", "*", "--undo", "--every-version")
    build(house)
    moved = differences(before, checksums(house, schemas=DERIVED))
    assert not moved, f"put back, it is not what it was: {moved} {told}"


def test_a_log_falls_back_to_what_it_had_grown_from(house: House, empty_house: House) -> None:
    """The line that was being written then counts again, though it is of another day."""
    house.reset(empty_house)
    inbox = opens(house)
    path = "DEM12/20250528.LOG"
    begun = b"20250528 05:00:00|@StukUitgevoerd: 1\n20250529 05:00:00|@StukUitgevoerd: 2"
    for moment, body in enumerate((begun, begun + b"1\n20250530 05:00:00|@StukUitgevoerd: 3\n")):
        inbox.put(Put(path, body, 1_748_400_000 + moment))
        land(house, inbox)
    build(house)
    assert not differ(house, inbox.sightings)
    last = house.value(f"select _file_id {LOGS} and first_row is not null")
    dry = ("--reason", "cut wrongly", "--dry-run", "--json")
    moves = json.loads(house.entrepot("withdraw", last, *dry).out)["moves"]
    # The line that it had completed is read as it was, the one after it is nobody's.
    assert [(move["first_day"], move["slices"], move["to"]) for move in moves] == [
        *(("2025-05-29", 1, path), ("2025-05-30", 1, None))
    ]
    told = house.entrepot(
        *("why", "fait_session_production", "--machine", "dem12 (pvc)", "--date", "2025-05-29")
    ).out
    assert "fait_session_production has 1 row of it." in told
    assert "The last build has not seen" not in told
    house.entrepot("withdraw", last, "--reason", "cut wrongly")
    for day in ("2025-05-29", "2025-05-30"):
        told = house.entrepot(
            *("why", "fait_session_production", "--machine", "DEM12", "--date", day)
        ).out
        assert "The last build has not seen all of this" in told
        assert "withdrawn (cut wrongly)" in told
    build(house)
    assert not differ(house, inbox.sightings[:1])
    told = json.loads(
        house.entrepot(
            *(
                "why",
                "fait_piece_production",
                "--machine",
                "DEM12",
                "--date",
                "2025-05-30",
                "--json",
            )
        ).out
    )
    assert (told["rows"], told["is_due"]) == (0, False)
    assert [(log["rule"], log["is_built"]) for log in told["logs"]] == [
        *(("withdrawn", False), ("read", False))
    ]
    house.entrepot("withdraw", path, "--undo")
    build(house)
    assert not differ(house, inbox.sightings)

    # Another content with as many lines, delivered before: it has not fewer.
    inbox.put(Put(f"old/{path}", b"20250528 05:00:00|@StukUitgevoerd: 9\n" * 3, 1_748_300_000))
    land(house, inbox)
    asked = ("fait_session_production", "--machine", "DEM12", "--date", "2025-05-28", "--json")
    logs = json.loads(house.entrepot("why", *asked).out)["logs"]
    assert {log["path"]: log["rule"] for log in logs if log["rule"] != "part of it"} == {
        path: "read",
        f"old/{path}": "as many lines",
    }
    # Whatever becomes of what is not read moves nothing; no build has read it.
    told = json.loads(house.entrepot("withdraw", f"old/{path}", *dry).out)
    assert (told["moves"], told["unread_files"]) == ([], 0)


@pytest.mark.long
def test_a_day_that_is_watched_every_ten_minutes(house: House, empty_house: House) -> None:
    """The machines write, the warehouse looks again and again: the session is right each time."""
    house.reset(empty_house)
    day, inbox = atelier.DEMO_TO, opens(house)
    for minute in range(5 * 60, 21 * 60, 10):
        until = datetime.time(minute // 60, minute % 60)
        for delivery in atelier.deliveries(atelier.Settings(day, day, until)):
            inbox.put(put_of(delivery))
        land(house, inbox)
        build(house)
        assert not differ(house, inbox.sightings), until
