"""A rerun with nothing new changes no row, in any schema but `etl`, and opens no file."""

from __future__ import annotations

import sys

import pytest

from tests.support.checksums import checksums, differences, row_versions, tables
from tests.support.house import House
from tests.support.opened import watch_opened
from tests.support.services import lacks

pytestmark = pytest.mark.e2e

# Not even rewritten as they were: raw tables and facts (helpers may be made anew, being small).
UNTOUCHED = r"^(raw_.*|dwh_facts)$"
HELPERS = ".int_"


@pytest.fixture(scope="module")
def settled(furnished_house: House) -> House:
    """The furnished house itself: what changes it here is what these tests are about."""
    return furnished_house


def test_a_rerun_with_nothing_new_changes_no_row(settled: House) -> None:
    assert len(tables(settled)) > 50, "the house is not furnished"
    before, versions = checksums(settled, everything=True), row_versions(settled, UNTOUCHED)
    runs = settled.value("select count(distinct run_id) from etl.run_log")
    settled.ingest()
    settled.dbt("build")
    assert settled.value("select count(distinct run_id) from etl.run_log") > runs
    changed = differences(before, checksums(settled, everything=True))
    assert not changed, f"changed by a rerun: {changed}"
    rewritten = differences(versions, row_versions(settled, UNTOUCHED))
    rewritten = {name for name in rewritten if HELPERS not in name}
    assert not rewritten, f"rewritten by a rerun: {sorted(rewritten)}"


def test_a_rerun_opens_no_delivered_file(settled: House) -> None:
    if sys.platform != "linux":
        lacks("inotify", "use Linux")
    with watch_opened(settled.inbox) as opened:
        settled.ingest()
    assert opened == []


def test_the_watch_sees_what_is_opened(settled: House) -> None:
    """The test above can fail: `--rehash` reads every file again."""
    if sys.platform != "linux":
        lacks("inotify", "use Linux")
    landed = r"^raw_fluxvision$"
    before = checksums(settled, everything=True, schemas=landed)
    with watch_opened(settled.inbox) as opened:
        settled.ingest("--select", "fluxvision", "--rehash")
    assert len(set(opened)) > 20
    assert differences(before, checksums(settled, everything=True, schemas=landed)) == {}
