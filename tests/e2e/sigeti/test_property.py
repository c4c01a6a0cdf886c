"""Whatever happens in the source, history, facts and marts are what was seen of it.

Each seed is some random days (tests/support/sigeti_chaos.py) with incremental and full loads and
builds mixed at random. After each build the current rows of `ods` are the raw image, the versions
of a key are the changes that builds saw, and facts and marts are a calculation in plain Python
from the image; after a full load the image is the source. At the end a full refresh changes
nothing.
"""

from __future__ import annotations

import random
from datetime import datetime

import pytest

from tests.support.checksums import checksums, differences
from tests.support.house import House
from tests.support.sigeti import sigeti_database
from tests.support.sigeti_chaos import Chaos
from tests.support.sigeti_compare import differences_from, raw_rows, source_rows
from tests.support.sigeti_history import History, image_differs, rejects_differ
from tests.support.sigeti_house import build, land, opens
from tests.support.sigeti_versions import age

pytestmark = pytest.mark.e2e

ROUNDS = 3
DERIVED = r"^dwh_(dimensions|facts|marts)$"


@pytest.mark.long
@pytest.mark.trials(1, 60)
def test_whatever_happens_history_and_facts_are_what_was_seen(
    seed: int, house: House, empty_house: House
) -> None:
    house.reset(empty_house)
    with sigeti_database("sigeti_property", seed=seed) as url:
        _live_through(seed, house, url)


def _live_through(seed: int, house: House, url: str) -> None:
    print(f"seed {seed}: pytest tests/e2e/sigeti/test_property.py --seed {seed}")
    draw, chaos, history = random.Random(seed), Chaos(url, seed), History()
    builds: list[datetime] = []
    opens(house, url)
    for turn in range(ROUNDS + 1):
        for _ in range(draw.choice((1, 1, 2)) if turn else 0):
            chaos.pass_day()
            if draw.random() < 0.2:
                _land(house, chaos, url, full=draw.random() < 0.5)
        # The last build sees the whole source, with facts between the versions of companies.
        _land(house, chaos, url, full=turn == ROUNDS or draw.random() < 0.4)
        if turn == ROUNDS:
            age(house, builds)
        builds.append(house.value("select clock_timestamp() at time zone 'UTC'"))
        _build(house, chaos, history)
    before = checksums(house, schemas=DERIVED)
    build(house, full_refresh=True)
    moved = differences(before, checksums(house, schemas=DERIVED))
    assert not moved, f"a full refresh gives other tables: {moved}\n{_story(chaos)}"


def _land(house: House, chaos: Chaos, url: str, *, full: bool) -> None:
    chaos.told.append("full load" if full else "load")
    # Rows without a key, or with another's, are rejected, and the run ends with 1.
    landed = land(house, full=full, codes=(0, 1))
    failed = house.rows(
        "select table_name, error from etl.run_log "
        "where status = 'failed' and error not like '%rows rejected%'"
    )
    assert not failed, f"{failed}\n{landed.said}{_story(chaos)}"
    if full:
        rows = source_rows(url)
        wrong = image_differs(raw_rows(house), rows) + rejects_differ(house, rows)
        assert not wrong, "\n".join(wrong) + _story(chaos)


def _build(house: House, chaos: Chaos, history: History) -> None:
    chaos.told.append("build")
    built = build(house, codes=None)
    assert built.code == 0, built.said + _story(chaos)
    image = raw_rows(house)
    history.see(image)
    wrong = history.differs(house) + differences_from(house, image, known=history.companies())
    assert not wrong, "\n".join(wrong) + _story(chaos)


def _story(chaos: Chaos) -> str:
    return "\nwhat happened:\n" + "\n".join(f"  {line}" for line in chaos.told)
