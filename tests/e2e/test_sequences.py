"""Whatever comes, in whatever order: facts and marts are what the delivered files say.

Each seed is a story (tests/support/sequences.py): new, late, corrected with and without a new date,
shrunk, a day dropped, sent again, copied, overlapping, provisional and consolidated, faulty files
and rows, withdrawn by a person and put back, landed in one run or several, with incremental builds
between. At its end every fact and mart is compared with a calculation in plain Python straight from
the files, with a full refresh, and with the same deliveries landed in another order.
"""

from __future__ import annotations

import io
import json
import random
from collections.abc import Callable, Iterator, Sequence
from contextlib import redirect_stdout

import pytest

from orchestration.deliveries.withdrawing import run_withdraw
from tests.support import oracle
from tests.support.checksums import checksums, differences
from tests.support.compare import facts_differ, landing_differs, ledger_differs, marts_differ
from tests.support.familles import FAMILLES
from tests.support.house import DERIVED, House
from tests.support.inbox import Inbox, Put, Ruling
from tests.support.sequences import Build, Land, Step, Teller, another_order

pytestmark = pytest.mark.e2e

# The families of each story of CI: three at a time meet more often, together they have each grain.
CI_FAMILIES = (
    ("nuitee", "nuitee_departement", "sejour_duree"),
    ("nuitee", "lieu_activite_soir", "lieu_nuitee_veille"),
    ("diurne", "nuitee_pays", "lieu_activite_soir_departement"),
    ("sejour_duree_departement", "diurne_departement", "lieu_nuitee_soir_pays"),
    ("nuitee", "sejour_duree", "lieu_activite_soir"),
)
CHECKED = r"^(dwh_facts|dwh_marts)$"


@pytest.fixture(scope="module")
def other_house(make_house: Callable[[str], House]) -> Iterator[House]:
    made = make_house("other_order")
    yield made
    made.demolish()


def play(house: House, steps: Sequence[Step]) -> Inbox:
    """Do what a story tells, as a user would; returns the place as it is at the end."""
    inbox = Inbox(house.inbox)
    for step in steps:
        if isinstance(step, Put):
            inbox.put(step)
        elif isinstance(step, Land):
            _land(house, inbox, step)
        elif isinstance(step, Ruling):
            rule(house, inbox, step)
        else:
            house.run_models(DERIVED, full_refresh=step.full_refresh)
    return inbox


def _land(house: House, inbox: Inbox, step: Land) -> None:
    selection = [part for table in step.tables for part in ("--select", f"fluxvision.{table}")]
    done = house.ingest(*selection, "--json", codes=None)
    wrong = landing_differs(done, inbox)
    assert not wrong, "\n".join([*wrong, done.said])
    inbox.see(lambda path: not step.tables or _table_of(path) in step.tables)


def rule(house: House, inbox: Inbox, step: Ruling) -> None:
    """What the command does, without starting it: that one is landing/test_withdrawals.py's."""
    reason = None if step.undo else "not what it should be"
    with redirect_stdout(io.StringIO()) as said:
        code = run_withdraw(
            house.warehouse, step.wanted, reason, every_version=step.every_version, as_json=True
        )
    meant = oracle.meant(step, inbox.sightings)
    # Nothing that has landed is called so: one line.
    assert code == (0 if meant else 2), said.getvalue()
    if meant:
        told = json.loads(said.getvalue())
        files = {one["file_id"] for one in (*told["files"], *told["already_so"])}
        assert files == {version.file_id for version in meant}, said.getvalue()
    inbox.sightings.append(step)


def _table_of(path: str) -> str | None:
    from tests.support.familles import BY_STEM
    from tests.support.oracle import CONSOLIDATED_NAME

    matched = CONSOLIDATED_NAME.match(path.rsplit("/", 1)[-1].rpartition(".")[0])
    family = BY_STEM.get(matched["stem"].lower()) if matched else None
    return family.name if family else None


def _families(seed: int) -> Sequence[str]:
    if seed <= len(CI_FAMILIES):
        return CI_FAMILIES[seed - 1]
    return random.Random(seed).sample(sorted(FAMILLES), 3)


@pytest.mark.trials(5, 100)
def test_any_sequence_of_deliveries_gives_what_the_files_say(
    seed: int,
    house: House,
    other_house: House,
    empty_house: House,
    request: pytest.FixtureRequest,
) -> None:
    house.reset(empty_house)
    is_long = request.config.getoption("--long")
    steps = Teller(seed, _families(seed), length=24 if is_long else 12).tell()
    assert any(isinstance(step, Build) for step in steps)
    inbox = play(house, steps)
    story = (
        f"\nreproduce with: pytest tests/e2e/test_sequences.py --seed {seed}"
        f"{' --long' if is_long else ''}\n"
        f"the story of seed {seed}:\n{_told(steps)}\n"
    )

    _holds(house, inbox, story)
    other_house.reset(empty_house)
    withdrawn = sorted(v.file_id for v in oracle.versions(inbox.sightings) if v.is_withdrawn)
    reordered = another_order(inbox.seen, withdrawn, seed)
    again = play(other_house, reordered)
    story += f"the other order of seed {seed}:\n{_told(reordered)}\n"
    _holds(other_house, again, story)
    moved = differences(checksums(house, schemas=CHECKED), checksums(other_house, schemas=CHECKED))
    assert not moved, f"another order, built from nothing, gives other tables: {moved}{story}"


def _holds(house: House, inbox: Inbox, story: str) -> None:
    """The ledger, the facts and the marts are what the files say."""
    seen = inbox.sightings
    wrong = ledger_differs(house, seen) + facts_differ(house, seen) + marts_differ(house, seen)
    assert not wrong, "\n".join(wrong) + story


def _told(steps: Sequence[Step]) -> str:
    return "\n".join(f"  {number}. {step}" for number, step in enumerate(steps, 1))
