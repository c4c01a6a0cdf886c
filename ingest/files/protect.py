"""Personal columns, dropped or pseudonymised before they leave the throw-away folder."""

from __future__ import annotations

import hashlib
import hmac

import pyarrow as pa

DROP = "drop"
PSEUDONYMISE = "pseudonymise"


def keyed_hash(key: bytes, value: str) -> str:
    """HMAC-SHA256 in hex: the same value always gives the same, and tells nothing without key."""
    return hmac.new(key, value.encode("utf-8", "surrogateescape"), hashlib.sha256).hexdigest()


def pseudonymised(values: pa.StringArray, key: bytes) -> pa.StringArray:
    """Replace each text by its keyed hash; null stays null."""
    encoded = values.dictionary_encode()
    hashes = [keyed_hash(key, value) for value in encoded.dictionary.to_pylist()]
    return pa.array(hashes, pa.string()).take(encoded.indices)
