"""The values of one column, counted batch by batch in bounded memory.

Up to a limit every value is counted. Beyond it the number of distinct values is estimated by
HyperLogLog (2^14 registers: a standard error of 0.8 %), and only the most frequent values are kept;
their counts can then be too small by what was dropped.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
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
    # (value to order by, value as it is), the smallest and the greatest so far.
    _ends: list[tuple[Any, Any]] = field(default_factory=list)
    _counts: pa.Table | None = None
    _sketch: Sketch | None = None
    _dropped: int = 0

    def add(self, values: pa.Array) -> None:
        """Count the values of a batch."""
        self.rows += len(values)
        self.nulls += values.null_count
        if values.null_count == len(values):
            return
        counted = pc.value_counts(values.drop_null() if values.null_count else values)
        distinct, counts = counted.field("values"), counted.field("counts")
        weights = counts.to_numpy()
        if self.kind == "text":
            self._see_texts(distinct, weights)
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
        return self._ends[0][1] if self._ends else None

    @property
    def greatest(self) -> Any:
        return self._ends[1][1] if self._ends else None

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
        if not self.is_personal:
            self.is_personal = bool(pc.any(pc.match_substring_regex(distinct, PSEUDONYM)).as_py())

    def _see_ends(self, distinct: pa.Array, weights: Any) -> None:
        ordered = distinct
        if self.kind == "number":
            # Of a numeric the text travels, which holds it whole; a double is enough to order it.
            ordered = pc.cast(distinct, pa.float64())
            self.total += float(np.dot(ordered.to_numpy(), weights))
        if pa.types.is_boolean(ordered.type):
            ordered = pc.cast(ordered, pa.int8())
        ends = pc.min_max(ordered)
        for at, better in (("min", _less), ("max", _more)):
            value = ends[at]
            place = pc.index(ordered, value).as_py()
            if place < 0:
                continue  # NaN is not even equal to itself, and no end of anything
            found = (value.as_py(), distinct[place].as_py())
            number = 0 if at == "min" else 1
            if len(self._ends) <= number:
                self._ends.append(found)
            elif better(found[0], self._ends[number][0]):
                self._ends[number] = found

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


def _less(one: Any, other: Any) -> bool:
    return bool(one < other)


def _more(one: Any, other: Any) -> bool:
    return bool(one > other)


def _copied(values: pa.ChunkedArray) -> pa.Array:
    return pa.concat_arrays(values.chunks)


def of_batch(batch: pa.RecordBatch, tallies: dict[str, Tally]) -> None:
    """Count a batch, column by column."""
    for tally, values in zip(tallies.values(), batch.columns, strict=True):
        tally.add(values)
