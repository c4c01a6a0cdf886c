"""A crash changes nothing: killed anywhere, one more run ends with an undisturbed run's tables."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from tests.support.checksums import Checksum, checksums, differences, ledger
from tests.support.demo import deliver
from tests.support.house import DERIVED, House
from tests.support.kill import kill_during, kill_when
from tests.support.reader import RestlessReader

pytestmark = pytest.mark.e2e

BUILD = (
    *("--quiet", "build", "--select", DERIVED),
    *("--exclude-resource-type", "test", "--exclude-resource-type", "unit_test"),
)
READ = r"^(dwh_facts|dwh_marts)$"


@dataclass(frozen=True)
class Undisturbed:
    """What a run to which nothing happened came to, and how long it took."""

    tables: dict[str, Checksum]
    ledger: dict[str, tuple[Any, ...]]
    rejects: list[tuple[Any, ...]]
    ingest_seconds: float
    build_seconds: float


def _rejects(house: House) -> list[tuple[Any, ...]]:
    return house.rows(
        "select source, table_name, _file_id, path, row_number, line_number, reason, raw_text "
        "from etl.rejects order by 1, 2, 3, 4, 5, 6"
    )


@pytest.fixture(scope="module")
def undisturbed(furnished_house: House, make_house: Callable[..., House]) -> Iterator[Undisturbed]:
    house = make_house("undisturbed", furnished_house)
    deliver(house.inbox, faults=True)
    # What the faulty deliveries are refused for is not this test's matter: 1 says there were some.
    landed = house.ingest(codes=(0, 1))
    built = house.dbt(*BUILD[1:])
    yield Undisturbed(
        checksums(house), ledger(house), _rejects(house), landed.seconds, built.seconds
    )
    house.demolish()


@pytest.fixture(scope="module")
def victim(make_house: Callable[..., House], furnished_house: House) -> Iterator[House]:
    house = make_house("victim", furnished_house)
    yield house
    house.demolish()


@pytest.mark.trials(3, 30)
def test_killed_at_a_random_moment_then_run_once_more(
    seed: int, victim: House, furnished_house: House, undisturbed: Undisturbed
) -> None:
    chance = random.Random(seed)
    victim.reset(furnished_house)
    deliver(victim.inbox, faults=True)
    said = f"seed {seed}:"
    if seed % 3 != 0:
        when, hit = kill_during(victim, victim.ingest_command(), undisturbed.ingest_seconds, chance)
        said += f" ingest killed after {when:.2f} s (running: {hit})"
    victim.ingest(codes=(0, 1))
    if seed % 3 != 1:
        when, hit = kill_during(
            victim, victim.dbt_command(*BUILD), undisturbed.build_seconds, chance
        )
        said += f" build killed after {when:.2f} s (running: {hit})"
    victim.dbt(*BUILD[1:])
    print(said)
    _as_if_nothing_had_happened(victim, undisturbed, said)


# The moments when most is half done, and the command that they are of.
COPIED = " union all ".join(
    f"(select 1 from raw_fluxvision.{table} inner join etl.load_intents using (_file_id) limit 1)"
    for table in ("nuitee", "diurne", "sejour_duree", "frequentation_nuitee", "lieu_nuitee_soir")
)
WRITING = """
    select 1 from pg_stat_activity
    where datname = current_database() and state <> 'idle' and query ~ 'insert into .*"fait_'
"""
PUBLISHED = """
    select 1 from etl.watermarks
    where model = 'fait_nuitees' and version <
        (select version from etl.watermarks where model = 'int_fluxvision__tranches')
"""


@pytest.mark.parametrize(
    ("what", "moment"),
    [("ingest", COPIED), ("build", WRITING), ("build", PUBLISHED)],
    ids=["rows copied, not yet counted", "a fact being written", "slices ahead of the facts"],
)
def test_killed_at_the_worst_moment_then_run_once_more(
    what: str, moment: str, victim: House, furnished_house: House, undisturbed: Undisturbed
) -> None:
    victim.reset(furnished_house)
    deliver(victim.inbox, faults=True)
    if what == "build":
        victim.ingest(codes=(0, 1))
    command = victim.ingest_command() if what == "ingest" else victim.dbt_command(*BUILD)
    assert kill_when(victim, command, moment), f"the moment never came: {moment}"
    victim.ingest(codes=(0, 1))
    victim.dbt(*BUILD[1:])
    _as_if_nothing_had_happened(victim, undisturbed, what)


def _as_if_nothing_had_happened(victim: House, undisturbed: Undisturbed, said: str) -> None:
    """Tables, ledger and rejects are those of the undisturbed run, and nothing is left behind."""
    changed = differences(undisturbed.tables, checksums(victim))
    assert not changed, f"{said}: other tables than an undisturbed run: {changed}"
    changed = differences(undisturbed.ledger, ledger(victim))
    assert not changed, f"{said}: another ledger: {changed}"
    assert _rejects(victim) == undisturbed.rejects, f"{said}: other rejects"
    left = victim.rows(
        "select nspname, relname from pg_class inner join pg_namespace on "
        "pg_namespace.oid = relnamespace where relname ~ '__dbt_(tmp|backup)' "
        "and relkind in ('r', 'v', 'm', 'p')"
    )
    assert not left, f"{said}: left behind: {left}"


@pytest.mark.parametrize("refresh", [False, True], ids=["incremental", "full refresh"])
def test_a_reader_never_sees_a_relation_missing_or_empty_or_half_loaded(
    refresh: bool, victim: House, furnished_house: House
) -> None:
    victim.reset(furnished_house)
    deliver(victim.inbox)
    relations = [
        relation for relation, check in checksums(victim, schemas=READ).items() if check.rows
    ]
    before = {name: _count(victim, name) for name in relations}
    with RestlessReader(victim, relations) as reader:
        victim.ingest()
        victim.run_models(DERIVED, full_refresh=refresh)
    assert reader.polls > 10
    assert not reader.errors, reader.errors[:5]
    for relation in relations:
        allowed = {before[relation], _count(victim, relation)}
        assert reader.counts[relation] <= allowed, f"{relation}: {reader.counts[relation]}"


def _count(house: House, relation: str) -> int:
    return int(house.value(f"select count(*) from {relation}"))
