"""Record batches on their way to the database: uncompressed parquet in the throw-away folder.

Small files of one table share a part; a large one is split over two, so that both can be copied at
once (each part costs a connection). Memory holds one row group per open part.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

# A row group is closed at whichever comes first: a table of 600 columns has few rows in one.
GROUP_ROWS, GROUP_BYTES = 65_536, 16 * 1024 * 1024
LANES, LANE_ROWS = 2, 100_000


@dataclass(frozen=True, slots=True, order=True)
class Destination:
    """A raw table: `schema`.`table`."""

    schema: str
    table: str


@dataclass(slots=True)
class Part:
    """One parquet file. All parts with the same `columns` can be loaded together."""

    path: Path
    columns: pa.Schema
    rows: int = 0
    bytes: int = 0


class _Open:
    """A part being written: batches are gathered to whole row groups first."""

    def __init__(self, path: Path, columns: pa.Schema):
        self.part = Part(path, columns)
        self._gathered: list[pa.RecordBatch] = []
        self._waiting = self._weight = 0
        self._writer = pq.ParquetWriter(
            path,
            columns,
            compression="none",
            write_statistics=False,
            # A dictionary costs a look-up per value on both sides: it pays for a constant only.
            use_dictionary=["_file_id"] if "_file_id" in columns.names else False,
        )

    def add(self, batch: pa.RecordBatch) -> None:
        self._gathered.append(batch)
        self._waiting += batch.num_rows
        self.part.rows += batch.num_rows
        size = batch.nbytes
        self._weight += size
        self.part.bytes += size
        if self._waiting >= GROUP_ROWS or self._weight >= GROUP_BYTES:
            self.write()

    def write(self) -> None:
        """Write what was gathered as a row group."""
        if self._gathered:
            table = pa.Table.from_batches(self._gathered)
            self._writer.write_table(table, row_group_size=GROUP_ROWS)
            self._gathered, self._waiting, self._weight = [], 0, 0

    def close(self) -> Part:
        self.write()
        self._writer.close()
        return self.part


class Parts:
    """Writes batches into parts, per table and set of columns; `rows` since the last `take`.

    A table of many rows is dealt out to `LANES` parts of equal size.
    """

    def __init__(self, folder: Path):
        self._folder = folder
        self._open: dict[tuple[Destination, pa.Schema], list[_Open]] = {}
        self._count = 0
        self.rows = 0

    def add(self, to: Destination, batch: pa.RecordBatch) -> None:
        """Append a batch; its columns are those of the raw table, or some of them."""
        lanes = self._open.setdefault((to, batch.schema), [])
        lane = min(lanes, key=lambda open_part: open_part.part.rows, default=None)
        if lane is None or (lane.part.rows >= LANE_ROWS and len(lanes) < LANES):
            self._count += 1
            lane = _Open(self._folder / f"part-{self._count:06d}.parquet", batch.schema)
            lanes.append(lane)
        lane.add(batch)
        self.rows += batch.num_rows

    def rest(self, to: Destination) -> None:
        """Keep nothing of a table in memory: no more of it comes, while other tables go on."""
        for (destination, _), lanes in self._open.items():
            if destination == to:
                for lane in lanes:
                    lane.write()

    def take(self) -> dict[Destination, list[Part]]:
        """Close and hand over every part written so far; writing can go on afterwards."""
        taken: dict[Destination, list[Part]] = {}
        for (to, _), lanes in self._open.items():
            taken.setdefault(to, []).extend(lane.close() for lane in lanes)
        self._open, self.rows = {}, 0
        return taken
