"""A warehouse with all five demo sources, days of changes landed and built, to be validated."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from demo import atelier, commandes, erp, sigeti
from tests.support.atelier import put_of
from tests.support.commandes import commandes_database
from tests.support.demo import FIRST_DAY, LATER_DAY, deliver
from tests.support.erp import erp_database
from tests.support.house import Done, House
from tests.support.inbox import Inbox, Put
from tests.support.nuitee import nights
from tests.support.sigeti import sigeti_database

DATABASES = ("sigeti", "erp", "commandes")
MODULES = {"sigeti": sigeti, "erp": erp, "commandes": commandes}
FIRST = date(2025, 5, 12)


@dataclass
class Compared:
    """The house, the addresses of its databases, and the folder of its logs."""

    house: House
    urls: dict[str, str]
    logs: Inbox
    day: int = 0

    def morning(self) -> None:
        """The sources live on for a day; a log of the day before is seen half written first."""
        for name in DATABASES:
            with closing(MODULES[name].connect(self.urls[name])) as opened:
                MODULES[name].advance(opened, self.day)
        today = FIRST + timedelta(days=self.day)
        for delivery in atelier.deliveries(atelier.Settings(first=today, last=today)):
            self.logs.put(put_of(delivery))
        self.day += 1

    def cut_logs(self) -> None:
        """What lies in the workshop's folder is half of what it will be."""
        for put in list(self.logs.present.values()):
            half = put.content[: len(put.content) // 2]
            self.logs.put(Put(put.path, half, put.mtime - 60))

    def validate(self, *arguments: str, code: int) -> dict[str, Any]:
        """`entrepot validate --json`, which ends with this code."""
        done: Done = self.house.entrepot("validate", "--json", *arguments, codes=(code,))
        answer: dict[str, Any] = json.loads(done.out)
        return answer


@contextmanager
def compared(house: House) -> Iterator[Compared]:
    """All sources as on their first day, nothing landed yet."""
    with (
        sigeti_database(f"{house.name.rstrip('_')}_sigeti") as sigeti_url,
        erp_database(f"{house.name.rstrip('_')}_erp") as erp_url,
        commandes_database(f"{house.name.rstrip('_')}_commandes") as commandes_url,
    ):
        folder = house.folder / "atelier"
        folder.mkdir()
        urls = {"sigeti": sigeti_url, "erp": erp_url, "commandes": commandes_url}
        house.variables |= {f"{name.upper()}_URL": url for name, url in urls.items()}
        house.variables |= {
            "ATELIER_URL": str(folder),
            "ENTREPOT_PII_KEY": "a key for the tests",
        }
        yield Compared(house, urls, Inbox(folder))


def live(here: Compared) -> None:
    """Three days, a first landing and two of changes; what they come to is built."""
    deliver(here.house.inbox, FIRST_DAY)
    here.morning()
    here.cut_logs()
    here.house.ingest()
    here.morning()
    here.house.ingest()
    deliver(here.house.inbox, LATER_DAY)
    # A line that cannot be read is rejected, the others land.
    ragged = nights(1, 2, 3, day="2024-03-02") + b"2024-03-02;CABA\n"
    (here.house.inbox / "Nuitee_2024B2_STATION.csv").write_bytes(ragged)
    here.morning()
    here.house.ingest()
    here.house.run_models()
