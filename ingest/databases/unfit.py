"""Values that have no place in the type of their column, such as MySQL's day 0000-00-00.

Their rows are rejected with the reason, and the others go on. A column that is declared as text
under `columns:` carries them all.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from psycopg2.extensions import cursor as Cursor
from psycopg2.extras import execute_values

from ingest.catalog import Table
from ingest.databases.model import SourceColumn, TableUnreadable
from ingest.databases.rows import ROW_HASH, Shape, shaped

# More than that is no slip of the source: its type is not what the column holds.
MOST = 10_000
_REASON, _IS_KEYED = "_reason", "_is_keyed"


def from_text(values: pa.StringArray, kind: pa.DataType) -> pa.Array:
    """The values in their own type; as the text that they are if one of them does not fit it."""
    if kind == pa.string():
        return values
    try:
        if pa.types.is_timestamp(kind) and kind.tz:
            return pc.cast(values, pa.timestamp(kind.unit)).view(kind)
        return pc.cast(values, kind)
    except pa.ArrowInvalid:
        return values


@dataclass(slots=True)
class Unfit:
    """Sifts the batches of one load; keeps what it takes out until the load counts.

    `key`: the SQL names of the image's key; `keys`: its values in the rows that were taken out, as
    far as they can be told.
    """

    table: Table
    relation: str
    columns: Sequence[SourceColumn]
    shape: Shape
    key: Sequence[str] = ()
    found: list[tuple[str, str, str | None]] = field(default_factory=list)
    keys: list[tuple[Any, ...]] = field(default_factory=list)

    def sift(
        self, batch: pa.RecordBatch, landing: Callable[[pa.RecordBatch], pa.RecordBatch]
    ) -> pa.RecordBatch:
        """The rows whose values all fit, in the types that were asked for.

        `landing`: of some rows, those that may land at all; no reject is kept of any other.

        Raises:
            TableUnreadable: too many do not; the line says what to declare.
        """
        fits = np.ones(batch.num_rows, dtype=bool)
        reasons = np.full(batch.num_rows, "", dtype=object)
        keyed = np.ones(batch.num_rows, dtype=bool)
        for column, values in zip(self.columns, batch.columns, strict=True):
            if values.type == column.transport:
                continue
            bad = ~_fitting(values, column.transport)
            reasons[bad & fits] = f"{column.source_name} is no {column.raw_type}"
            fits &= ~bad
            if self.shape.names[column.source_name] in self.key:
                keyed &= ~bad
        if not fits.all():
            taken = batch.filter(pa.array(~fits))
            taken = taken.append_column(_REASON, pa.array(reasons[~fits]))
            self._keep(landing(taken.append_column(_IS_KEYED, pa.array(keyed[~fits]))))
            batch = batch.filter(pa.array(fits))
        arrays = [
            values if values.type == column.transport else from_text(values, column.transport)
            for column, values in zip(self.columns, batch.columns, strict=True)
        ]
        return pa.RecordBatch.from_arrays(arrays, names=batch.schema.names)

    def forget(self) -> None:
        """The rows are read anew."""
        self.found.clear()
        self.keys.clear()

    def reject(self, cursor: Cursor, run_id: str) -> int:
        """Write what was taken out to `etl.rejects`, in the cursor's transaction.

        Returns how many rows that are.
        """
        table, seen = self.table, Counter[tuple[str, str]]()
        rows = []
        for reason, row_hash, text in self.found:
            seen[reason, row_hash] += 1
            parts = (table.source, table.name, reason, row_hash, str(seen[reason, row_hash]))
            identity = hashlib.md5("|".join(parts).encode()).hexdigest()
            rows.append(
                (identity, run_id, table.source, table.name, self.relation, reason, text, row_hash)
            )
        execute_values(
            cursor,
            "insert into etl.rejects (reject_id, run_id, source, table_name, path, reason,"
            " raw_text, raw_hash, rejected_at) values %s"
            " on conflict (reject_id) do update set run_id = excluded.run_id",
            rows,
            template="(%s, %s, %s, %s, %s, %s, %s, %s, clock_timestamp())",
        )
        return len(rows)

    def _keep(self, rows: pa.RecordBatch) -> None:
        if not rows.num_rows:
            return
        reasons, is_keyed = rows.column(_REASON).to_pylist(), rows.column(_IS_KEYED)
        rows = rows.drop_columns([_REASON, _IS_KEYED])
        if len(self.found) + rows.num_rows > MOST:
            raise TableUnreadable(
                f"{self.relation}: more than {MOST} rows have a value that does not fit its type"
                f" ({reasons[0]}); declare `data_type: text` for that column under `columns:`"
            )
        is_private = bool(self.table.pii or self.table.subjects)
        staged = shaped(rows, self.shape)
        columns = [_listed(values) for values in staged.columns]
        self.keys += _told(staged.filter(is_keyed).select(list(self.key)))
        for reason, values in zip(reasons, zip(*columns, strict=True), strict=True):
            row = dict(zip(staged.schema.names, values, strict=True))
            row_hash = row.pop(ROW_HASH)
            text = None if is_private else json.dumps(row, default=str, ensure_ascii=False)
            self.found.append((reason, row_hash, text))


def _told(keys: pa.RecordBatch) -> list[tuple[Any, ...]]:
    """The keys as Python has them; none where one is beyond its calendar."""
    try:
        return list(zip(*(values.to_pylist() for values in keys.columns), strict=True))
    except (OverflowError, ValueError):
        return []


def _listed(values: pa.Array) -> list[Any]:
    """The values of a column as Python has them; as text where one is beyond its calendar."""
    try:
        return list(values.to_pylist())
    except (OverflowError, ValueError):
        return list(pc.cast(values, pa.string()).to_pylist())


def _fitting(values: pa.StringArray, kind: pa.DataType) -> np.ndarray[Any, np.dtype[np.bool_]]:
    """Which of the texts are values of a type, or null; each distinct one is tried once."""
    encoded = values.dictionary_encode()
    fit = [
        from_text(encoded.dictionary[i : i + 1], kind).type == kind
        for i in range(len(encoded.dictionary))
    ]
    found = pa.array(fit, pa.bool_()).take(encoded.indices)
    return pc.fill_null(found, True).to_numpy(zero_copy_only=False)
