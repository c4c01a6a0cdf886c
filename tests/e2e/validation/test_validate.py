"""`entrepot validate` on a warehouse with all five demo sources: nothing differs after days of
changes, and each of many faults is found and named.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from tests.support.compared import Compared, compared, live
from tests.support.house import House

pytestmark = pytest.mark.e2e


@pytest.fixture(scope="module")
def here(make_house: Callable[[str], House]) -> Iterator[Compared]:
    house = make_house("validated")
    with compared(house) as made:
        live(made)
        yield made
    house.demolish()


def test_nothing_differs_after_days_of_changes(here: Compared) -> None:
    said = here.house.entrepot("validate", "--deep")
    print(said.out, said.seconds)
    assert 0
