"""A warehouse with SIGETI as it stood, and the days that pass in its database."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest

from demo import sigeti
from tests.support.house import Done, House
from tests.support.sigeti import sigeti_database

# What is built of SIGETI; the models of tourism are as the empty house has them.
SELECTION = ("source:sigeti+", "path:seeds/_sigeti__seeds.yml+")
# One day for every command of this package: dbt parses everything anew when a variable changes.
TODAY = ("--vars", "{date_du_jour: 2025-11-22}")


@dataclass
class SigetiHouse:
    """A house, and the database that it reads."""

    house: House
    url: str
    day: int = 0

    def pass_days(self, count: int = 1) -> None:
        """Let days happen in the source."""
        self.day += count
        opened = sigeti.connect(self.url)
        sigeti.advance(opened, self.day)
        opened.close()

    def ingest(self, *arguments: str, codes: tuple[int, ...] = (0,)) -> Done:
        return self.house.ingest("--select", "sigeti", *arguments, codes=codes)

    def build(self, *arguments: str, codes: tuple[int, ...] = (0,)) -> Done:
        """Build what comes from SIGETI, with its data tests."""
        return self.dbt(
            *("build", "--exclude-resource-type", "unit_test", "--select", *SELECTION),
            *arguments,
            codes=codes,
        )

    def dbt(self, *arguments: str, codes: tuple[int, ...] = (0,)) -> Done:
        """A bare dbt command, as on `TODAY`."""
        return self.house.dbt(*arguments, *TODAY, codes=codes)


@pytest.fixture(scope="module")
def sigeti_house(make_house: Callable[..., House]) -> Iterator[SigetiHouse]:
    """SIGETI as it stood on the base date, landed and built."""
    with sigeti_database("sigeti_models_source") as url:
        house = make_house("sigeti_models")
        house.variables |= {"SIGETI_URL": url, "ENTREPOT_PII_KEY": "tests"}
        made = SigetiHouse(house, url)
        made.ingest()
        made.build("--warn-error")
        yield made
        house.demolish()
