"""Reference tables that are made, not delivered: calendar, seasons, communes.

A generator is a plain function without parameters that returns an Arrow table of a declared
schema. Its table lands like a delivered file: whole, and only when its content changed.
`fingerprint` tells without making the table whether it could have changed: it is made of the code
of the generator, of the versions of the packages that it asks and of its data files. So a run with
nothing new imports none of these packages.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pyarrow as pa

HERE = Path(__file__).parent


class UnknownGenerator(KeyError):
    """No generator has this name; the message lists those that exist."""


@dataclass(frozen=True)
class Generator:
    """One reference table: where its function is, and all that its content depends on."""

    name: str
    module: str
    packages: tuple[str, ...] = ()
    files: tuple[str, ...] = ()

    def fingerprint(self) -> str:
        """Return 64 hex digits that change whenever the table could change."""
        digest = hashlib.sha256((HERE / f"{self.module}.py").read_bytes())
        for package in self.packages:
            digest.update(f"{package}={version(package)}\n".encode())
        for name in self.files:
            digest.update((HERE / "data" / name).read_bytes())
        return digest.hexdigest()

    def generate(self) -> pa.Table:
        """Make the table; the same fingerprint always gives the same rows in the same order."""
        function: Callable[[], pa.Table] = getattr(
            import_module(f"{__name__}.{self.module}"), self.name
        )
        return function()


GENERATORS = {
    generator.name: generator
    for generator in (
        Generator("jours", "calendrier", ("holidays", "vacances-scolaires-france")),
        Generator("saisons", "astres", ("astronomy-engine", "tzdata")),
        Generator("communes", "decoupage", files=("communes.csv.gz",)),
        Generator("epci", "decoupage", files=("epci.csv.gz",)),
        Generator("departements", "decoupage", files=("departements.csv",)),
        Generator("regions", "decoupage", files=("regions.csv",)),
    )
}


def generator(name: str) -> Generator:
    """Return the generator of that name.

    Raises:
        UnknownGenerator: there is none.
    """
    if name not in GENERATORS:
        raise UnknownGenerator(f"unknown generator {name!r}; there are {', '.join(GENERATORS)}")
    return GENERATORS[name]
