"""Names of columns: from a source's spelling to SQL, losing no letter (landing rule 7)."""

from __future__ import annotations

from collections.abc import Iterable


class NameCollision(ValueError):
    """Two source names give one SQL name; the message names both."""


def snake_case(name: str) -> str:
    """Transliterate to snake_case: `Durée séjour` -> `duree_sejour`, `gencod-v` -> `gencod_v`.

    Letters without an ASCII form are spelled (`œ` -> `oe`, others `u` and their code point);
    a name that starts with a digit gets a leading `_`.

    Raises:
        ValueError: nothing is left of the name.
    """
    raise NotImplementedError


def column_names(names: Iterable[str]) -> dict[str, str]:
    """Map each source name to its SQL name, in order.

    Raises:
        NameCollision: two names meet, or one name comes twice.
    """
    raise NotImplementedError
