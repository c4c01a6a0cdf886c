"""Facts and marts of SIGETI are what its rows say, on any day, by whatever builds.

The calculation in plain Python is tests/support/sigeti_oracle.py and sigeti_marts.py.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from datetime import timedelta

import pytest

from demo import sigeti
from tests.support.checksums import checksums, differences, row_versions
from tests.support.house import House
from tests.support.sigeti import sigeti_database
from tests.support.sigeti_compare import differences_from, raw_rows, source_rows
from tests.support.sigeti_history import image_differs
from tests.support.sigeti_house import TODAY, build, land, opens

pytestmark = pytest.mark.e2e

# Each day of the demo at which the warehouse looks, and how it loads; the last one sees everything.
DAYS = ((0, False), (1, False), (3, True), (6, False), (6, True))
# At the larger scale fewer days are looked at: each costs a build.
LOOKS = {1: DAYS, 20: DAYS[::2]}
DERIVED = r"^dwh_(dimensions|facts|marts)$"
# Not even rewritten as they were. Dimensions are made anew by each build.
UNTOUCHED = r"^(raw_sigeti|ods|dwh_facts|dwh_marts)$"


@pytest.mark.parametrize("scale", [1, pytest.param(20, marks=pytest.mark.long)])
def test_facts_and_marts_are_what_the_source_says(
    scale: int, house: House, empty_house: House
) -> None:
    house.reset(empty_house)
    with sigeti_database(f"sigeti_marts_{scale}", scale=scale) as source:
        opens(house, source)
        _follow(source, house, LOOKS[scale])


def _follow(source: str, house: House, looks: Sequence[tuple[int, bool]]) -> None:
    for day, full in looks:
        with closing(sigeti.connect(source)) as opened:
            sigeti.advance(opened, day)
        land(house, full=full)
        build(house)
        image = raw_rows(house)
        if full:
            rows = source_rows(source)
            assert not image_differs(image, rows)
        else:
            rows = image
        assert not differences_from(house, rows), f"day {day}"
    _a_rerun_changes_no_row(house)
    _a_full_refresh_gives_the_same(house)
    build(house, today=TODAY + timedelta(days=40))
    assert not differences_from(house, source_rows(source), TODAY + timedelta(days=40))


def _a_rerun_changes_no_row(house: House) -> None:
    before, versions = checksums(house, everything=True), row_versions(house, UNTOUCHED)
    land(house)
    build(house)
    assert not differences(before, checksums(house, everything=True))
    rewritten = differences(versions, row_versions(house, UNTOUCHED))
    assert not rewritten, f"rewritten by a rerun: {sorted(rewritten)}"


def _a_full_refresh_gives_the_same(house: House) -> None:
    before = checksums(house, schemas=DERIVED)
    build(house, full_refresh=True)
    assert not differences(before, checksums(house, schemas=DERIVED))
