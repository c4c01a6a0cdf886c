"""What becomes of a batch before it leaves the run: names, pseudonyms, and a hash of each row."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

import pyarrow as pa
import pyarrow.compute as pc

from ingest.files.protect import pseudonymised

ROW_HASH = "_row_hash"
_SEPARATOR = b"\x1f"


def shaped(
    batch: pa.RecordBatch, names: Mapping[str, str], pseudonyms: set[str], key: bytes | None
) -> pa.RecordBatch:
    """The batch as it is staged: SQL names, pseudonyms for `pseudonyms` (SQL names), `_row_hash`.

    Args:
        names: source name -> SQL name of each column of the batch.
        key: of the keyed hashes; needed when there are pseudonyms.
    """
    arrays = []
    for field, values in zip(batch.schema, batch.columns, strict=True):
        if names[field.name] in pseudonyms:
            assert key is not None, "the plan asks for the key of the pseudonyms"
            values = pseudonymised(pc.cast(values, pa.string()), key)
        arrays.append(values)
    renamed = pa.RecordBatch.from_arrays(arrays, names=[names[name] for name in batch.schema.names])
    return renamed.append_column(ROW_HASH, row_hash(renamed))


def row_hash(batch: pa.RecordBatch) -> pa.StringArray:
    """MD5 in hex of the `name=value` of the columns that are not null, sorted by name.

    It depends neither on the order of the columns nor on new ones that are empty, so neither makes
    a new version in the history.
    """
    pairs = [
        pc.binary_join_element_wise(f"{name}=".encode(), _bytes(batch.column(name)), b"")
        for name in sorted(batch.schema.names)
    ]
    if not pairs:
        return pa.array([hashlib.md5().hexdigest()] * batch.num_rows, pa.string())
    joined = pc.binary_join_element_wise(*pairs, _SEPARATOR, null_handling="skip")
    md5 = hashlib.md5
    return pa.array([md5(row).hexdigest() for row in joined.to_pylist()], pa.string())


def _bytes(values: pa.Array) -> pa.Array:
    """The values as bytes, the same for the same value whatever the session or the machine."""
    kind = values.type
    if pa.types.is_timestamp(kind) or pa.types.is_date64(kind):
        values = pc.cast(values, pa.int64())
    elif pa.types.is_date32(kind):
        values = pc.cast(values, pa.int32())
    if pa.types.is_binary(values.type):
        return values
    if not pa.types.is_string(values.type):
        values = pc.cast(values, pa.string())
    return pc.cast(values, pa.binary())
