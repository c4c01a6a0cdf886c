"""The values that this package takes and gives: no behaviour, no input or output."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime

MIB = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Entry:
    """One file as a place lists it.

    `path` is relative to the place, '/' separated, always encodable as UTF-8 (bytes of a name
    that are not UTF-8 show as `\\xE9`). `native` is the name to open it by. `mtime` is UTC;
    `ctime` is None for remote places, which do not tell it. `refused` says why the entry must
    not be read (a symbolic link that leaves the place): it goes to the ledger as `ignored`.
    """

    path: str
    size: int
    mtime: datetime
    ctime: datetime | None = None
    native: str = ""
    refused: str | None = None


@dataclass(frozen=True, slots=True)
class Limits:
    """What a delivered archive or workbook may cost at most; beyond it is refused, not read.

    Sizes in bytes. `ratio` (uncompressed over compressed) is judged from `ratio_floor` on: small
    members may compress well. `depth` counts archives within archives, the outermost being 1.
    """

    members: int = 10_000
    ratio: float = 250.0
    ratio_floor: int = 1 * MIB
    member_bytes: int = 8 * 1024 * MIB
    total_bytes: int = 32 * 1024 * MIB
    depth: int = 4
    xlsx_memory: int = 2 * 1024 * MIB
    xlsx_seconds: int = 300
    xlsx_cells: int = 40_000_000


@dataclass(frozen=True, slots=True)
class Layout:
    """What a table declares about its files.

    `header`: required columns, each a tuple of accepted source names (any of them).
    `columns`: SQL names that the raw table always has; those a file lacks come out null.
    `date_column`: source or SQL name whose days give `first_day` and `last_day`.
    `period`: `2024B1`; a file none of whose days lies in these two months is refused.
    `encodings`: the expected ones; of them UTF-8 is tried first, and a byte order mark decides.
    `pii`: SQL or source name -> `drop` | `pseudonymise`.
    """

    header: tuple[tuple[str, ...], ...] = ()
    columns: tuple[str, ...] = ()
    date_column: str | None = None
    period: str | None = None
    encodings: tuple[str, ...] = ("utf-8", "cp1252", "iso-8859-1")
    separators: tuple[str, ...] = (";", ",", "\t")
    pii: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Reject:
    """A record that cannot be read.

    `row_number`: 1-based ordinal of the record in its file (rejected ones counted).
    `line_number`: 1-based physical line on which it starts (the sheet row for XLSX).
    `raw_text` is fit for PostgreSQL: NUL and undecodable bytes show as `\\x00`, `\\xE9`. For a
    table with `pii` it is None and `raw_hash` (keyed HMAC-SHA256, hex) stands for it.
    """

    row_number: int
    line_number: int
    reason: str
    raw_text: str | None
    raw_hash: str | None


RejectSink = Callable[[Reject], None]


@dataclass(slots=True)
class ReadResult:
    """What reading one file came to; complete when its batches are exhausted.

    Always `rows_read == rows_landed + rows_rejected`. `columns` maps source names to SQL names
    (dropped `pii` columns left out). `rejects` counts rejects by reason.
    """

    rows_read: int = 0
    rows_landed: int = 0
    rows_rejected: int = 0
    encoding: str = ""
    separator: str = ""
    first_day: date | None = None
    last_day: date | None = None
    columns: dict[str, str] = field(default_factory=dict)
    rejects: dict[str, int] = field(default_factory=dict)
