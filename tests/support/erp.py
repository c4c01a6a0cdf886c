"""Databases of the private server that stand for the ERP."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from demo import erp
from tests.support.sigeti import source_database

# Some tens to a thousand rows per table, and every kind of row.
SMALL = 0.01


@contextmanager
def erp_database(
    name: str,
    *,
    scale: float = SMALL,
    seed: int = erp.DEMO_SEED,
    day: int = 0,
    faults: bool = False,
) -> Iterator[str]:
    """The ERP as it stands on a day; yields its address with a password in it."""
    with source_database(name) as url:
        opened = erp.connect(url)
        erp.create(opened, scale, seed)
        erp.advance(opened, day)
        if faults:
            erp.spoil(opened)
        opened.close()
        yield url
