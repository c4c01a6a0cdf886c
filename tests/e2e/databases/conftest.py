"""An empty warehouse on the private server, and a database to fill it from."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.conftest import HOME
from tests.support.depot import Depot, Source
from tests.support.house import House
from tests.support.mariadb import MariaDb, mariadb


@pytest.fixture(scope="package")
def shared_depot() -> Iterator[Depot]:
    made = Depot(House.build("depot", HOME), Source.make("depot_source"))
    yield made
    made.demolish()


@pytest.fixture
def depot(shared_depot: Depot) -> Depot:
    """As it was before anything was landed."""
    shared_depot.clear()
    return shared_depot


@pytest.fixture(scope="package")
def mysql_server() -> Iterator[MariaDb]:
    with mariadb() as running:
        yield running


@pytest.fixture
def source(mysql_server: MariaDb) -> MariaDb:
    """A MySQL server with an empty database `source`."""
    mysql_server.empty()
    return mysql_server
