"""One writer at a time: two commands at once are never wrong; the second waits or refuses."""

from __future__ import annotations

import os
import random
import signal
import time
from collections.abc import Callable, Iterator

import pytest

from tests.support.checksums import Checksum, checksums, differences
from tests.support.demo import deliver
from tests.support.house import DERIVED, Done, House
from tests.support.kill import wait_until

pytestmark = pytest.mark.e2e

BUILD = (
    *("build", "--select", DERIVED),
    *("--exclude-resource-type", "test", "--exclude-resource-type", "unit_test"),
)
REFUSAL = "another build is writing to this warehouse"
BUILT = r"^(dwh_facts|dwh_marts)$"
LEASES = "select count(*) from etl.dbt_lease"


@pytest.fixture(scope="module")
def shared(make_house: Callable[..., House], furnished_house: House) -> Iterator[House]:
    """A house with deliveries that are landed and not yet built."""
    house = make_house("shared", furnished_house)
    deliver(house.inbox)
    house.ingest()
    yield house
    house.demolish()


@pytest.fixture(scope="module")
def alone(shared: House, make_house: Callable[..., House]) -> dict[str, Checksum]:
    """The tables after one build that nothing disturbed."""
    house = make_house("alone", shared)
    house.dbt(*BUILD)
    found = checksums(house, schemas=BUILT)
    house.demolish()
    return found


@pytest.fixture(scope="module")
def rivals(make_house: Callable[..., House], shared: House) -> Iterator[House]:
    house = make_house("rivals", shared)
    # Parsed once: the trials are about what comes after.
    house.dbt("parse")
    yield house
    house.demolish()


def _both(house: House, first: list[str], second: list[str], apart: float) -> list[Done]:
    """Two commands, the second started so many seconds after the first."""
    # Two dbt at once must not share the folder that holds what was parsed.
    other = house.folder / "target of the second"
    one = house.start(first)
    time.sleep(apart)
    two = house.start(second, DBT_TARGET_PATH=str(other))
    ended = []
    for command, process in ((first, one), (second, two)):
        out, err = process.communicate(timeout=300)
        ended.append(Done(tuple(command), process.returncode, out, err, 0.0))
    return ended


def _refused_in_one_line(done: Done) -> None:
    said = [line for line in (done.out + done.err).splitlines() if REFUSAL in line]
    assert len(said) == 1, f"not refused in one line:\n{done.said}"
    assert "Traceback" not in done.said


@pytest.mark.trials(2, 20)
def test_two_bare_builds_at_once_are_never_wrong(
    seed: int, rivals: House, shared: House, alone: dict[str, Checksum]
) -> None:
    rivals.reset(shared)
    apart = random.Random(seed).uniform(0.0, 5.0)
    build = rivals.dbt_command(*BUILD)
    ended = _both(rivals, build, build, apart)
    codes = [done.code for done in ended]
    assert 0 in codes, "\n".join(done.said for done in ended)
    for done in ended:
        if done.code:
            _refused_in_one_line(done)
    changed = differences(alone, checksums(rivals, schemas=BUILT))
    assert not changed, f"{apart:.1f} s apart, exit codes {codes}: {changed}"
    assert rivals.value(LEASES) == 0


def test_a_live_lease_refuses_and_a_dead_one_frees_itself(rivals: House, shared: House) -> None:
    rivals.reset(shared)
    build = ("run", "--select", "fait_nuitees")
    # Someone reads the fact in a transaction left open: the first build has to wait for it.
    with rivals.cursor() as cursor:
        cursor.execute("begin; lock table dwh_facts.fait_nuitees in access exclusive mode")
        first = rivals.start(rivals.dbt_command(*build))
        wait_until(lambda: rivals.value(LEASES) == 1, 60, "the first build takes the lease")
        second = rivals.dbt(*build, codes=None)
        assert second.code not in (0, None), second.said
        _refused_in_one_line(second)
        os.kill(first.pid, signal.SIGKILL)
        first.communicate()
        assert rivals.value(LEASES) == 1, "the killed build could not free its lease"
    began = time.monotonic()
    third = rivals.dbt(*build, codes=None)
    assert third.code == 0, third.said
    assert time.monotonic() - began < 60
    assert rivals.value(LEASES) == 0


def test_two_landings_at_once_land_each_row_once(
    make_house: Callable[..., House], furnished_house: House, shared: House
) -> None:
    house = make_house("two_landings", furnished_house)
    deliver(house.inbox)
    ingest = house.ingest_command()
    ended = _both(house, ingest, ingest, 0.5)
    said = "\n".join(done.said for done in ended)
    assert 0 in [done.code for done in ended], said
    assert "Traceback" not in said
    house.ingest()
    landed = r"^raw_fluxvision$"
    wanted, found = checksums(shared, schemas=landed), checksums(house, schemas=landed)
    assert differences(wanted, found) == {}
    house.demolish()
