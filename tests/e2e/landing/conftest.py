"""A house for landing alone: the raw tables are there, nothing is built, nothing has come."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from tests.conftest import HOME
from tests.support.house import House


@pytest.fixture(scope="session")
def bare_house() -> House:
    house = House.build("bare", HOME)
    house.ingest("--select", "fluxvision")
    return house


@pytest.fixture
def house(request: pytest.FixtureRequest, bare_house: House) -> Iterator[House]:
    """A house of its own for each test."""
    made = House.build(re.sub(r"\W", "_", request.node.name)[:40], HOME, bare_house)
    yield made
    made.demolish()
