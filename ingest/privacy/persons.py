"""Persons who were erased: known by a keyed hash of their key, so that they can be told again."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation

import pyarrow as pa
import pyarrow.compute as pc
from psycopg2.extensions import cursor as Cursor

from ingest.files.protect import keyed_hash

_CHECKED = "entrepot"


class WrongKey(Exception):
    """The key of today is not the one with which persons were erased; one line."""


def key_check(secret: bytes) -> str:
    """What tells one key of pseudonyms from another, and nothing of the key."""
    return keyed_hash(secret, _CHECKED)[:16]


def plain(text: str) -> str:
    """One spelling for a number: `1234.00` -> `1234`; any other text as it is."""
    try:
        number = Decimal(text)
    except InvalidOperation:
        return text
    return format(number.normalize(), "f") if number.is_finite() else text


def hashes_of(key: str, secret: bytes) -> tuple[str, ...]:
    """The pseudonyms that a person's key can have: as it is written and, as a number, plain."""
    return tuple(keyed_hash(secret, form) for form in dict.fromkeys((key, plain(key))))


def are_among(values: pa.Array, erased: frozenset[str], secret: bytes) -> pa.BooleanArray:
    """Whether each value, in clear, is the key of an erased person; null is nobody's."""
    encoded = values.dictionary_encode()
    texts = pc.cast(encoded.dictionary, pa.string()).to_pylist()
    if pa.types.is_decimal(values.type) or pa.types.is_floating(values.type):
        texts = [plain(text) for text in texts]
    found = pa.array([keyed_hash(secret, text) in erased for text in texts], pa.bool_())
    return pc.fill_null(found.take(encoded.indices), False)


def remember(
    cursor: Cursor, source: str, kind: str, hashes: tuple[str, ...], secret: bytes, run_id: str
) -> None:
    """Note that a person was erased; who it was stays unsaid."""
    for one in hashes:
        cursor.execute(
            "insert into etl.erased_subjects (source, kind, subject_hash, key_check, run_id)"
            " values (%s, %s, %s, %s, %s) on conflict do nothing",
            (source, kind, one, key_check(secret), run_id),
        )


def erased(cursor: Cursor, source: str, secret: bytes | None) -> Mapping[str, frozenset[str]]:
    """By kind of person, the hashes of those of a source who were erased.

    Raises:
        WrongKey: they were erased under another key, so nobody could be told again.
    """
    cursor.execute(
        "select kind, subject_hash, key_check from etl.erased_subjects where source = %s", (source,)
    )
    found: dict[str, set[str]] = defaultdict(set)
    for kind, subject_hash, check in cursor:
        if secret is None or check != key_check(secret):
            raise WrongKey(
                f"{source}: persons were erased under another ENTREPOT_PII_KEY, and would come back"
                " unseen; set the key of then in .env (docs/privacy.md)"
            )
        found[kind].add(subject_hash)
    return {kind: frozenset(own) for kind, own in found.items()}
