"""The values of one column, counted batch by batch in bounded memory.

Up to a limit every value is counted. Beyond it the number of distinct values is estimated by
HyperLogLog (2^14 registers: a standard error of 0.8 %), and only the most frequent values are kept;
their counts can then be too small by what was dropped.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ingest.databases.rows import hashed
from orchestration.relations import PSEUDONYM

# Values of a column that are counted one by one, and the bytes that they may take.
EXACT_VALUES = 20_000
EXACT_BYTES = 1024 * 1024
REGISTER_BITS = 14
_REGISTERS = 1 << REGISTER_BITS
_PSEUDONYM_BYTES = 64
_ALPHA = 0.7213 / (1 + 1.079 / _REGISTERS)


class Sketch:
    """HyperLogLog: how many distinct values were seen, within some 0.8 %, in 16 kB."""

    def __init__(self) -> None:
        self._registers = np.zeros(_REGISTERS, np.uint8)

    def add(self, values: pa.Array) -> None:
        """See some values, none of them null."""
        words = hashed("", values)[:, 0]
        index = (words >> np.uint64(64 - REGISTER_BITS)).astype(np.int64)
        rest = words << np.uint64(REGISTER_BITS)
        # The place of the first bit that is set, from the left; a float's exponent tells it. Cut
        # to the bits that a float holds, a word of ones is not rounded up to the next power of two.
        high = (rest >> np.uint64(11)).astype(np.float64)
        place = np.where(rest > 0, 54 - np.frexp(high)[1], 64 - REGISTER_BITS + 1)
        place = np.minimum(place, 64 - REGISTER_BITS + 1).astype(np.uint8)
        np.maximum.at(self._registers, index, place)

    def count(self) -> int:
        """The estimate."""
        raw = _ALPHA * _REGISTERS**2 / float(np.sum(np.exp2(-self._registers.astype(np.float64))))
        empty = int(np.count_nonzero(self._registers == 0))
        if raw <= 2.5 * _REGISTERS and empty:
            return round(_REGISTERS * float(np.log(_REGISTERS / empty)))
        return round(raw)


@dataclass(slots=True)
class Tally:
    """What one column holds. `kind`: number, text or other (days, moments, flags).

    nulls, blanks: rows without a value, and with a text of nothing but spaces. shortest, longest:
    characters of the texts. smallest, greatest: as the server writes them. total: the sum.
    """

    kind: str
    rows: int = 0
    nulls: int = 0
    blanks: int = 0
    shortest: int | None = None
    longest: int | None = None
    total: float = 0.0
    is_personal: bool = False
    # `min` and `max` so far: value to order by, value as it is.
    _ends: dict[str, tuple[Any, Any]] = field(default_factory=dict)
    _counts: pa.Table | None = None
    _sketch: Sketch | None = None

    def add(self, values: pa.Array) -> None:
        """Count the values of a batch."""
        self.rows += len(values)
        self.nulls += values.null_count
        if values.null_count == len(values):
            return
        if pa.types.is_floating(values.type):
            values = pc.add(values, pa.scalar(0.0, values.type))  # -0 is 0
        counted = pc.value_counts(values.drop_null() if values.null_count else values)
        distinct, counts = counted.field("values"), counted.field("counts")
        weights = counts.to_numpy()
        if self.kind == "text":
            self._see_texts(distinct, weights)
        if self.kind != "number" and not self.is_personal and pa.types.is_string(distinct.type):
            self.is_personal = _holds_pseudonym(distinct)
        self._see_ends(distinct, weights)
        self._keep(pa.table({"value": distinct, "count": counts}))

    @property
    def filled(self) -> int:
        """Rows with a value that says something."""
        return self.rows - self.nulls - self.blanks

    @property
    def is_estimated(self) -> bool:
        """Whether there were too many values to count each."""
        return self._sketch is not None

    @property
    def distinct(self) -> int:
        """Distinct values, nulls left out; an estimate where `is_estimated`."""
        if self._sketch is not None:
            return min(self._sketch.count(), self.rows - self.nulls)
        return self._counts.num_rows if self._counts is not None else 0

    @property
    def smallest(self) -> Any:
        return self._ends["min"][1] if self._ends else None

    @property
    def greatest(self) -> Any:
        return self._ends["max"][1] if self._ends else None

    @property
    def mean(self) -> float | None:
        """Of a number; nulls left out, and unknown where one is infinite or none."""
        filled = self.rows - self.nulls
        known = self.kind == "number" and filled and math.isfinite(self.total)
        return self.total / filled if known else None

    def top(self, count: int) -> list[tuple[Any, int]]:
        """The most frequent values with how often they stand there; equal ones by their order."""
        if self._counts is None:
            return []
        order = [("count", "descending"), ("value", "ascending")]
        best = self._counts.take(pc.select_k_unstable(self._counts, count, order))
        return list(zip(best["value"].to_pylist(), best["count"].to_pylist(), strict=True))

    def _see_texts(self, distinct: pa.Array, weights: Any) -> None:
        blank = pc.equal(pc.utf8_trim_whitespace(distinct), "")
        self.blanks += int(weights[blank.to_numpy(zero_copy_only=False)].sum())
        ends = pc.min_max(pc.utf8_length(distinct)).as_py()
        self.shortest = min(ends["min"], ends["min"] if self.shortest is None else self.shortest)
        self.longest = max(ends["max"], self.longest or 0)

    def _see_ends(self, distinct: pa.Array, weights: Any) -> None:
        ordered, value_of = distinct, _itself
        if self.kind == "number":
            doubles = pc.cast(distinct, pa.float64(), safe=False)
            with np.errstate(invalid="ignore"):  # infinity less infinity: then there is no mean
                self.total += float(np.dot(doubles.to_numpy(), weights))
            if pa.types.is_string(distinct.type):
                # Of a numeric the text travels, which holds it whole: doubles find the few values
                # among which the end is.
                ordered, value_of = doubles, Decimal
        if pa.types.is_boolean(ordered.type):
            ordered = pc.cast(ordered, pa.int8())
        ends = pc.min_max(ordered)
        for at, best in (("min", min), ("max", max)):
            same = distinct.filter(pc.equal(ordered, ends[at])).to_pylist()
            if not same:
                continue  # NaN is not even equal to itself, and no end of anything
            known = [self._ends[at]] if at in self._ends else []
            found = [(value_of(value), value) for value in same]
            self._ends[at] = best([*known, *found], key=_first)

    def _keep(self, counted: pa.Table) -> None:
        if self._sketch is not None:
            self._sketch.add(counted["value"].combine_chunks())
        if self._counts is not None:
            both = pa.concat_tables([self._counts, counted])
            grouped = both.group_by("value").aggregate([("count", "sum")])
            counted = pa.table({"value": grouped["value"], "count": grouped["count_sum"]})
        self._counts = counted.combine_chunks()
        if self._counts.num_rows > EXACT_VALUES or self._counts.nbytes > EXACT_BYTES:
            self._shorten(self._counts)

    def _shorten(self, counts: pa.Table) -> None:
        """Too many values: go on with an estimate, and keep the most frequent ones."""
        if self._sketch is None:
            self._sketch = Sketch()
            self._sketch.add(counts["value"].combine_chunks())
        keep = min(EXACT_VALUES // 4, max(1, counts.num_rows // 4))
        order = pc.select_k_unstable(counts, keep, [("count", "descending")])
        kept = counts.take(order).combine_chunks()
        # Slices keep the whole alive: a copy lets go of it.
        self._counts = pa.table({"value": _copied(kept["value"]), "count": _copied(kept["count"])})


def _itself(value: Any) -> Any:
    return value


def _first(pair: tuple[Any, Any]) -> Any:
    return pair[0]


def _holds_pseudonym(values: pa.Array) -> bool:
    """Whether one of some texts is a pseudonym, or has one in it."""
    if pc.max(pc.binary_length(values)).as_py() < _PSEUDONYM_BYTES:
        return False
    return bool(pc.any(pc.match_substring_regex(values, PSEUDONYM)).as_py())


def _copied(values: pa.ChunkedArray) -> pa.Array:
    return pa.concat_arrays(values.chunks)


def of_batch(batch: pa.RecordBatch, tallies: dict[str, Tally]) -> None:
    """Count a batch, column by column."""
    for tally, values in zip(tallies.values(), batch.columns, strict=True):
        tally.add(values)
