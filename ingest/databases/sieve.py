"""What does not land any more: rows that a purge took out, and persons who were erased.

Both are told by the source's own values, before anything of the batch leaves the memory of the run.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time

import pyarrow as pa
import pyarrow.compute as pc

from ingest.catalog import DatabaseOrigin, Subject, Table
from ingest.names import snake_case
from ingest.privacy.persons import are_among

# PostgreSQL's day `infinity`, as Arrow counts it: thirty years more than 32 bits hold wrap round.
FOREVER = pa.scalar(-(2**31) + 10_956, pa.int32()).cast(pa.date32())


def is_dated(kind: pa.DataType) -> bool:
    """Whether values of a type say on which day something was."""
    return bool(pa.types.is_timestamp(kind) or pa.types.is_date(kind))


@dataclass(slots=True)
class Sieve:
    """Between a source table and its image. `purged_before`: the first day that still lands.

    `left_out` counts the rows of earlier days, `forgotten` those of erased persons, and `emptied`
    the rows that landed without what they said of one.
    """

    table: Table
    purged_before: date | None
    erased: Mapping[str, frozenset[str]]
    secret: bytes | None = None
    left_out: int = 0
    forgotten: int = 0
    emptied: int = 0

    def through(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        """The batch without what does not land; columns named as at the source."""
        batch = self._recent(batch)
        for subject in self.table.subjects:
            if self.erased.get(subject.kind):
                batch = self._without(batch, subject, self.erased[subject.kind])
        return batch

    @property
    def notes(self) -> list[str]:
        """What was kept from landing, one line each."""
        counted = {
            f"rows of before {self.purged_before}, which the purge took out": self.left_out,
            "rows of erased persons were left out": self.forgotten,
            "rows landed without what they say of an erased person": self.emptied,
        }
        return [f"{self.table.key}: {count} {what}" for what, count in counted.items() if count]

    def _recent(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        origin = self.table.origin
        assert isinstance(origin, DatabaseOrigin)
        if self.purged_before is None or self.table.retention is None or not origin.dated_by:
            return batch
        values = batch.column(origin.dated_by)
        if not is_dated(values.type):
            return batch
        limit: date | datetime = self.purged_before
        if pa.types.is_timestamp(values.type):
            limit = datetime.combine(limit, time(), UTC if values.type.tz else None)
        kept = pc.greater_equal(values, pa.scalar(limit, values.type))
        if pa.types.is_date32(values.type):
            kept = pc.or_(kept, pc.equal(values, FOREVER))
        kept = pc.fill_null(kept, True)
        recent = batch.filter(kept)
        self.left_out += batch.num_rows - recent.num_rows
        return recent

    def _without(
        self, batch: pa.RecordBatch, subject: Subject, erased: frozenset[str]
    ) -> pa.RecordBatch:
        assert self.secret is not None, "persons are erased under a key"
        own = _present(batch, subject.columns)
        found = {name: are_among(batch.column(name), erased, self.secret) for name in own}
        anyone = pa.array([False] * batch.num_rows, pa.bool_())
        for hit in found.values():
            anyone = pc.or_(anyone, hit)
        count = pc.sum(anyone).as_py() or 0
        if not count:
            return batch
        if subject.deletes:
            self.forgotten += count
            return batch.filter(pc.invert(anyone))
        self.emptied += count
        cleared = {**found, **dict.fromkeys(_present(batch, subject.personal), anyone)}
        arrays = [
            pc.if_else(cleared[name], pa.scalar(None, values.type), values)
            if name in cleared
            else values
            for name, values in zip(batch.schema.names, batch.columns, strict=True)
        ]
        return pa.RecordBatch.from_arrays(arrays, schema=batch.schema)


def _present(batch: pa.RecordBatch, columns: tuple[str, ...]) -> list[str]:
    """The source's names of declared columns, declared by either name."""
    wanted = set(columns)
    return [n for n in batch.schema.names if n in wanted or snake_case(n) in wanted]
