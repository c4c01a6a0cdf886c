"""Killed anywhere while it lands a database, one more run ends with an undisturbed run's image."""

from __future__ import annotations

import random
from collections.abc import Iterator

import pytest

from demo import sigeti
from tests.conftest import HOME
from tests.support.checksums import Checksum, checksums
from tests.support.house import House
from tests.support.kill import kill_during, kill_when
from tests.support.sigeti import sigeti_database

pytestmark = pytest.mark.e2e

SCALE, BEFORE, AFTER = 20, 0, 3
# A table whose rows wait in their staging table, beside others that are merged already.
HALF_DONE = """
    select 1 from etl.source_tables
    where last_load_at > %s and exists (
        select 1 from pg_tables where schemaname = 'raw_sigeti' and tablename like '\\_new\\_%%'
    )
"""


@pytest.fixture(scope="module")
def source() -> Iterator[str]:
    with sigeti_database("killed_source", scale=SCALE, day=BEFORE) as url:
        yield url


@pytest.fixture(scope="module")
def house(source: str) -> Iterator[House]:
    made = House.build("killed", HOME)
    made.variables |= {"SIGETI_URL": source, "ENTREPOT_PII_KEY": "k"}
    made.ingest("--select", "sigeti")
    opened = sigeti.connect(source)
    sigeti.advance(opened, AFTER)
    opened.close()
    yield made
    made.demolish()


@pytest.fixture(scope="module")
def undisturbed(house: House) -> Iterator[tuple[dict[str, Checksum], float]]:
    made = House.build("killed_not", HOME, house)
    made.variables |= house.variables
    done = made.ingest("--select", "sigeti", "--mode", "full")
    yield checksums(made, schemas="^raw_sigeti$"), done.seconds
    made.demolish()


@pytest.mark.trials(1, 20)
def test_killed_at_a_random_moment_then_run_once_more(
    seed: int, house: House, undisturbed: tuple[dict[str, Checksum], float]
) -> None:
    expected, seconds = undisturbed
    victim = House.build(f"killed_{seed}", HOME, house)
    victim.variables |= house.variables
    command = victim.ingest_command("--select", "sigeti", "--mode", "full")
    when, hit = kill_during(victim, command, seconds, random.Random(seed))
    victim.ingest("--select", "sigeti", "--mode", "full")
    assert checksums(victim, schemas="^raw_sigeti$") == expected, (
        f"killed after {when:.2f} s ({hit})"
    )
    victim.demolish()


def test_killed_between_two_merges_then_run_once_more(
    house: House, undisturbed: tuple[dict[str, Checksum], float]
) -> None:
    victim = House.build("killed_between", HOME, house)
    victim.variables |= house.variables
    last = victim.value("select max(last_load_at)::text from etl.source_tables")
    command = victim.ingest_command("--select", "sigeti", "--mode", "full")
    assert kill_when(victim, command, HALF_DONE.replace("%s", f"'{last}'").replace("%%", "%"))
    victim.ingest("--select", "sigeti", "--mode", "full")
    assert checksums(victim, schemas="^raw_sigeti$") == undisturbed[0]
    victim.demolish()
