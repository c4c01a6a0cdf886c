"""What is read and finalised together: outer files, and the package that they are in."""

from __future__ import annotations

import time
from concurrent.futures import Future
from dataclasses import dataclass, field
from datetime import UTC, datetime

from ingest.files.growing import Beginning
from ingest.ledger import Delivery, Outer
from ingest.parts import Destination
from ingest.rejects import RejectFile


@dataclass(slots=True)
class Reading:
    """What reading one outer file came to, ready to be finalised.

    `is_again`: the ledger knows it, and when it was delivered: it was read from the archive.
    """

    outer: Outer
    deliveries: list[Delivery]
    rejects: list[RejectFile] = field(default_factory=list)
    read_at: datetime = field(default_factory=lambda: datetime.now(UTC))
    is_again: bool = False

    @property
    def loaded(self) -> list[Delivery]:
        """The files of it whose rows came in this run."""
        return [delivery for delivery in self.deliveries if delivery.loaded]


@dataclass(slots=True)
class Package:
    """What is finalised together. `touched`: each raw or staging table and file written to.

    `beginnings`: the content that each file of lines continues, if it does.
    """

    done: list[Reading] = field(default_factory=list)
    touched: set[tuple[Destination, str]] = field(default_factory=set)
    intended: set[tuple[Destination, str]] = field(default_factory=set)
    loaded: set[str] = field(default_factory=set)
    beginnings: dict[str, Beginning | None] = field(default_factory=dict)
    loads: list[Future[None]] = field(default_factory=list)
    rows: int = 0
    started: float = field(default_factory=time.monotonic)
