"""Deliveries that a person withdraws and puts back, and what `entrepot why` says of the figures.

Over random stories of deliveries (tests/support/sequences.py): after a withdrawal facts and marts
are those of the files that remain, after its undoing those of before, and each slice is explained
by the file and the rule of the calculation in plain Python (tests/support/oracle.py).
"""

from __future__ import annotations

import json
import random
from collections.abc import Sequence

import pytest

from ingest.warehouse import connect, transaction
from orchestration.changes import note_built, to_build
from orchestration.deliveries import slices
from orchestration.deliveries.graph import Graph
from tests.e2e.test_sequences import play, rule
from tests.support import oracle
from tests.support.checksums import checksums, differences
from tests.support.compare import facts_differ, ledger_differs, marts_differ
from tests.support.familles import FAMILLES, UNKNOWN
from tests.support.house import House
from tests.support.inbox import Inbox, Ruling
from tests.support.sequences import DAYS, Build, Teller

pytestmark = pytest.mark.e2e

# Each has files of the weekly kind too.
STORY = ("nuitee", "sejour_duree", "lieu_activite_soir")
CHECKED = r"^(dwh_facts|dwh_marts)$"
CELLS = 100
Told = tuple[str | None, str | None]


@pytest.mark.trials(1, 30)
def test_withdrawn_put_back_and_explained(seed: int, house: House, empty_house: House) -> None:
    house.reset(empty_house)
    chance = random.Random(seed)
    story = Teller(1000 + seed, STORY, length=16).tell()
    # What is built while it goes on is test_sequences.py's.
    inbox = play(house, [*(step for step in story if not isinstance(step, Build)), Build()])
    keys = [("fluxvision", name) for name in sorted({v.table for v in files(inbox)})]
    note_built(house.warehouse, to_build(house.warehouse, keys))
    assert to_build(house.warehouse, keys).is_empty
    before = checksums(house, schemas=CHECKED)
    _explained(house, inbox, chance, CELLS // 2, is_built=True)

    counting = [version for version in files(inbox) if not version.is_withdrawn]
    taken = chance.sample(counting, max(2, len(counting) // 3))
    for version in taken:
        rule(house, inbox, Ruling(version.file_id))
    assert not ledger_differs(house, inbox.sightings)
    # No build has seen it yet: the facts say what they said, `why` says what they will.
    assert not differences(before, checksums(house, schemas=CHECKED))
    _explained(house, inbox, chance, CELLS // 4, is_built=False)

    todo = to_build(house.warehouse, keys)
    tables = {version.table for version in taken}
    assert set(todo.selectors) == {f"source:fluxvision.{table}+" for table in tables}
    # As `entrepot build` does: it keeps in no place what it has seen.
    house.run_models(*todo.selectors)
    wrong = facts_differ(house, inbox.sightings) + marts_differ(house, inbox.sightings)
    assert not wrong, "\n".join(wrong)
    _explained(house, inbox, chance, CELLS // 4, is_built=True)

    for version in chance.sample(taken, len(taken)):
        rule(house, inbox, Ruling(version.file_id, undo=True))
    # The ledger is what the last noted build has seen, the facts are not.
    again = to_build(house.warehouse, keys)
    assert again.selectors == todo.selectors
    house.run_models(*again.selectors)
    moved = differences(before, checksums(house, schemas=CHECKED))
    assert not moved, f"put back, it is not what it was: {moved}"


def files(inbox: Inbox) -> list[oracle.Version]:
    return oracle.versions(inbox.sightings)


def _explained(
    house: House, inbox: Inbox, chance: random.Random, cells: int, *, is_built: bool
) -> None:
    """Of random slices, those that nobody has among them, the same file and rule as the oracle."""
    graph = Graph.of(json.loads((house.target / "manifest.json").read_bytes()))
    claims = oracle.claimants(files(inbox))
    days = [day for own in DAYS.values() for day in own]
    zones = ["PAYS_AURILLAC", "HAUT_CANTAL", "CHATAIGNERAIE", UNKNOWN]
    chosen: list[oracle.Slice] = chance.sample(sorted(claims), min(len(claims), cells - 3))
    # A family of which no file ever came is refused: there is nothing to explain.
    delivered = sorted({family for family, _, _ in claims})
    chosen += [
        (chance.choice(delivered), chance.choice(zones), chance.choice(days)) for _ in range(3)
    ]
    wrong = []
    opened = connect(house.warehouse)
    with transaction(opened) as cursor:
        facts = graph.facts()
        for family, zone, day in chosen:
            fact = FAMILLES[family].fact
            tables = slices.families(cursor, graph.fluxvision_tables(facts[fact]))[family]
            found = slices.explain(cursor, graph, fact, family, tables, zone, day)
            expected = _expected(claims.get((family, zone, day), []))
            if _told(found) != expected:
                wrong.append(f"{family} {zone} {day}: {_told(found)}, expected {expected}")
            if is_built and found.is_due:
                wrong.append(f"{family} {zone} {day}: the build has seen it")
    opened.close()
    assert not wrong, "\n".join(wrong)
    assert chosen


def _expected(own: Sequence[oracle.Version]) -> Told:
    return (own[0].file_id, oracle.rule(own)) if own else (None, None)


def _told(found: slices.Slice) -> Told:
    winner = found.winner
    return (winner.file_id, winner.rule) if winner else (None, None)
