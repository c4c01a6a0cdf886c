"""Names of columns: from a source's spelling to SQL, losing no letter (landing rule 7)."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Iterable

MAX_LENGTH = 63  # PostgreSQL cuts longer identifiers without a word

# Letters that Unicode does not decompose into an ASCII letter and a mark.
_SPELLED = {
    "œ": "oe",
    "æ": "ae",
    "ß": "ss",
    "ẞ": "ss",
    "ø": "o",
    "đ": "d",
    "ð": "d",
    "þ": "th",
    "ł": "l",
    "\u0131": "i",
    "ŋ": "ng",
    "ħ": "h",
}
_NOT_NAME = re.compile(r"[^A-Za-z0-9]+")
_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")


class NameCollision(ValueError):
    """Two source names give one SQL name; the message names both."""


class NoName(ValueError):
    """A source name has neither a letter nor a digit."""


def snake_case(name: str) -> str:
    """Transliterate to snake_case: `Durée séjour` -> `duree_sejour`, `gencod-v` -> `gencod_v`.

    Letters without an ASCII form are spelled (`œ` -> `oe`, others `u` and their code point);
    a name that starts with a digit gets a leading `_`; one longer than PostgreSQL keeps ends
    in a hash of the whole.

    Raises:
        NoName: nothing is left of the name.
    """
    ascii_name = "".join(_letters(unicodedata.normalize("NFKC", name)))
    words = _HUMP.sub("_", _NOT_NAME.sub("_", ascii_name)).strip("_").lower()
    if not words:
        raise NoName(f"no column name can be made of {name!r}")
    if words[0].isdigit():
        words = f"_{words}"
    if len(words) > MAX_LENGTH:
        digest = hashlib.sha256(words.encode()).hexdigest()[:8]
        words = f"{words[: MAX_LENGTH - 9].rstrip('_')}_{digest}"
    return words


def folded(name: str) -> str:
    """The letters and digits of a name alone: `ZONE_OBSERVATION` and `ZoneObservation` are one."""
    return snake_case(name).replace("_", "")


def column_names(names: Iterable[str]) -> dict[str, str]:
    """Map each source name to its SQL name, in order.

    Raises:
        NameCollision: two names meet, or one name comes twice.
        NoName: nothing is left of one.
    """
    found: dict[str, str] = {}
    owner: dict[str, str] = {}
    for name in names:
        sql_name = snake_case(name)
        if sql_name in owner:
            raise NameCollision(
                f"columns {owner[sql_name]!r} and {name!r} would both be named {sql_name}"
            )
        owner[sql_name] = name
        found[name] = sql_name
    return found


def _letters(name: str) -> Iterable[str]:
    for position, letter in enumerate(name):
        if letter.isascii():
            yield letter
        elif letter.lower() in _SPELLED:
            yield _like(letter, _SPELLED[letter.lower()], name[position + 1 : position + 2])
        else:
            yield _decomposed(letter)


def _like(letter: str, spelled: str, following: str) -> str:
    """Keep the case, so that neither `Œuvre` nor `ŒUVRE` is split inside its first letter."""
    if not letter.isupper():
        return spelled
    return spelled.capitalize() if following.islower() else spelled.upper()


def _decomposed(letter: str) -> str:
    plain = "".join(c for c in unicodedata.normalize("NFKD", letter) if c.isascii())
    if plain or unicodedata.combining(letter):
        return plain
    return f"u{ord(letter):04x}" if letter.isalnum() else "_"
