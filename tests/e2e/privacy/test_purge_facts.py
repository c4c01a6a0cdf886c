"""What a purge took out of raw leaves the facts with the next build, as with a full refresh."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import pytest

from demo import atelier
from tests.conftest import HOME
from tests.support.atelier import put_of
from tests.support.checksums import checksums, differences
from tests.support.house import House
from tests.support.inbox import Inbox

pytestmark = [pytest.mark.e2e, pytest.mark.long]

FIRST, LAST = date(2025, 5, 5), date(2025, 5, 9)
KEPT = date(2025, 5, 8)  # what a purge keeps on the day of two years later
DERIVED = ("+path:models/facts/atelier", "source:atelier+", "--exclude", "path:models/monitoring")
BUILT = r"^(dwh_facts|dwh_marts)$"
SESSIONS = "select date_production from dwh_facts.fait_session_production order by 1"


@pytest.fixture(scope="module")
def house() -> Iterator[House]:
    """Five days of the workshop, landed and built."""
    made = House.build("purge_facts", HOME)
    inbox = Inbox(made.inbox)
    for delivery in atelier.deliveries(atelier.Settings(first=FIRST, last=LAST)):
        inbox.put(put_of(delivery))
    made.variables["ATELIER_URL"] = str(made.inbox)
    made.variables["FLUXVISION_URL"] = ""
    made.ingest("--select", "atelier", "reference")
    made.run_models(*DERIVED)
    yield made
    made.demolish()


def test_an_increment_after_a_purge_is_a_full_refresh(house: House) -> None:
    before = {day for (day,) in house.rows(SESSIONS)}
    assert {FIRST, KEPT, LAST} <= before
    done = house.entrepot("purge", "--source", "atelier", "--today", "2027-05-08")
    assert "purged" in done.out
    house.run_models(*DERIVED)
    assert {day for (day,) in house.rows(SESSIONS)} == {day for day in before if day >= KEPT}
    plain = checksums(house, schemas=BUILT)
    house.run_models(*DERIVED, full_refresh=True)
    assert differences(plain, checksums(house, schemas=BUILT)) == {}
    house.ingest("--select", "atelier", "--mode", "full")
    house.run_models(*DERIVED)
    assert differences(plain, checksums(house, schemas=BUILT)) == {}
