"""What becomes of a batch before it leaves the run: names, pseudonyms, and a hash of each row."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ingest.databases.extents import numbered, split
from ingest.files.protect import pseudonymised

ROW_HASH = "_row_hash"
# PostgreSQL has no NUL character: each one is marked by this, as in files.
NUL, NUL_MARK = "\0", "\u2400"
Words: TypeAlias = np.ndarray[Any, np.dtype[np.uint64]]


@dataclass(slots=True)
class Shape:
    """How the rows of a table are staged.

    `names`: source name -> SQL name of each column; `pseudonyms`: the SQL names of those that are
    replaced by a keyed hash (`key`); `extents`: SQL name -> number of elements of those that hold
    an array. `too_long` counts, by column, the texts with more elements than that; `with_nul` those
    in which NUL characters were marked.
    """

    names: Mapping[str, str]
    pseudonyms: set[str] = field(default_factory=set)
    extents: Mapping[str, int] = field(default_factory=dict)
    key: bytes | None = None
    too_long: Counter[str] = field(default_factory=Counter)
    with_nul: Counter[str] = field(default_factory=Counter)

    def forget(self) -> None:
        """The rows are read anew."""
        self.too_long.clear()
        self.with_nul.clear()


def shaped(batch: pa.RecordBatch, shape: Shape) -> pa.RecordBatch:
    """The batch as it is staged: SQL names, pseudonyms, arrays split, `_row_hash`."""
    names = shape.names
    arrays = []
    for column, values in zip(batch.schema, batch.columns, strict=True):
        if values.type == pa.string() and _has_nul(values):
            counted = pc.match_substring(values, NUL)
            shape.with_nul[names[column.name]] += pc.sum(counted).as_py() or 0
            values = pc.replace_substring(values, NUL, NUL_MARK)
        if names[column.name] in shape.pseudonyms:
            assert shape.key is not None, "the plan asks for the key of the pseudonyms"
            values = pseudonymised(pc.cast(values, pa.string()), shape.key)
        arrays.append(values)
    named = [names[name] for name in batch.schema.names]
    for array, count in shape.extents.items():
        elements, too_long = split(pc.cast(arrays[named.index(array)], pa.string()), count)
        shape.too_long[array] += too_long
        arrays += elements
        named += numbered(array, count)
    renamed = pa.RecordBatch.from_arrays(arrays, names=named)
    return renamed.append_column(ROW_HASH, row_hash(renamed))


def _has_nul(values: pa.StringArray) -> bool:
    """Whether a NUL may be among the texts: a look at their bytes is almost free."""
    data = values.buffers()[2]
    return data is not None and not np.frombuffer(data, np.uint8).all()


def row_hash(batch: pa.RecordBatch) -> pa.StringArray:
    """A hash of 128 bits for each row, in hex: the sum of those of its non-null (name, value).

    A sum depends neither on the order of the columns nor on new ones that are empty, so neither
    makes a new version in the history; and it is made a column at a time.
    """
    digits = _summed(batch).astype(">u8").tobytes().hex().encode()
    offsets = np.arange(batch.num_rows + 1, dtype=np.int32) * 32
    return pa.StringArray.from_buffers(batch.num_rows, pa.py_buffer(offsets), pa.py_buffer(digits))


def hash_without(hashes: Sequence[str], emptied: pa.RecordBatch) -> list[str]:
    """The hashes of rows once some of their columns are null; `emptied` has these as they were."""
    if not hashes:
        return []
    words = np.frombuffer(bytes.fromhex("".join(hashes)), ">u8").astype(np.uint64).reshape(-1, 2)
    left = (words - _summed(emptied)).astype(">u8")
    return [row.tobytes().hex() for row in left]


def _summed(batch: pa.RecordBatch) -> Words:
    total = np.zeros((batch.num_rows, 2), dtype=np.uint64)
    for name, values in zip(batch.schema.names, batch.columns, strict=True):
        total += value_words(name, values)
    return total


def value_words(name: str, values: pa.Array) -> Words:
    """Two words for each value of a column, hashed with the column's name; 0 for null."""
    words = hashed(name, values)
    if values.null_count:
        words[~np.asarray(values.is_valid())] = 0
    return words


def hashed(name: str, values: pa.Array) -> Words:
    """Two words for each value of a column; those of nulls mean nothing."""
    kind = values.type
    if pa.types.is_string(kind) or pa.types.is_binary(kind):
        return _by_value(name, values)
    seed = np.frombuffer(hashlib.md5(name.encode()).digest(), np.uint64)
    if pa.types.is_decimal(kind):
        low, high = _halves(values)
        return mixed(mixed(low[:, None] ^ seed) + high[:, None])
    if pa.types.is_floating(kind):
        words = pc.fill_null(pc.cast(values, pa.float64()), 0.0).to_numpy().view(np.uint64)
    else:
        if pa.types.is_boolean(kind):
            values = pc.cast(values, pa.int8())
        elif pa.types.is_timestamp(kind):
            values = values.view(pa.int64())
        elif pa.types.is_date32(kind):
            values = values.view(pa.int32())
        words = pc.fill_null(pc.cast(values, pa.int64()), 0).to_numpy().view(np.uint64)
    return mixed(words[:, None] ^ seed)


def _by_value(name: str, values: pa.Array) -> Words:
    """Text is hashed once for each value that a batch holds: most columns repeat themselves."""
    encoded = values.dictionary_encode()
    before, md5 = name.encode() + b"=", hashlib.md5
    distinct = encoded.dictionary.cast(pa.binary()).to_pylist()
    table = np.frombuffer(b"".join([md5(before + value).digest() for value in distinct]), np.uint64)
    if not distinct:
        return np.zeros((len(values), 2), dtype=np.uint64)
    return table.reshape(-1, 2)[pc.fill_null(encoded.indices, 0).to_numpy()]


def _halves(values: pa.Array) -> tuple[Words, Words]:
    """The lower and upper words of decimals of 128 bits."""
    buffer = values.buffers()[1]
    words = np.frombuffer(buffer, np.uint64)[2 * values.offset : 2 * (values.offset + len(values))]
    return words[0::2], words[1::2]


def mixed(words: Words) -> Words:
    """A bijection that spreads every bit over the word (the finaliser of SplitMix64)."""
    words = (words ^ (words >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    words = (words ^ (words >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return words ^ (words >> np.uint64(31))
