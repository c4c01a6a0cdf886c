"""The values that a catalog holds: what each source table is and how it arrives."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import IntEnum
from typing import Literal

Mode = Literal["incremental", "full"]
AfterLanding = Literal["keep", "move", "delete"]


class CatalogError(ValueError):
    """One or more wrong entries; `problems` has one line each: file, table, key, what is wrong."""

    def __init__(self, problems: list[str]):
        super().__init__("\n".join(problems))
        self.problems = problems


class Priority(IntEnum):
    """Order in which tables are taken: the smaller goes first."""

    critical = 0
    high = 1
    normal = 2


@dataclass(frozen=True, slots=True)
class Duration:
    """A span of time: whole months (calendar) plus an exact part."""

    months: int = 0
    exact: timedelta = timedelta()

    def before(self, moment: datetime) -> datetime:
        """The moment so long before another one: the same day of an earlier month, or its last."""
        year, month = divmod(moment.year * 12 + moment.month - 1 - self.months, 12)
        last = monthrange(year, month + 1)[1]
        earlier = moment.replace(year=year, month=month + 1, day=min(moment.day, last))
        return earlier - self.exact


@dataclass(frozen=True, slots=True)
class Freshness:
    """Largest age of the last successful load, before a warning and before an error."""

    warn_after: timedelta | None = None
    error_after: timedelta | None = None


@dataclass(frozen=True, slots=True)
class Expected:
    """When the files of a table are due: how often, and days of grace after the end of each span.

    `season`: first and last day of the parts of the year in which they come, as `MM-DD`; none: all.
    """

    every: Literal["two_months", "week", "working_day", "weekday"]
    grace_days: int
    season: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Column:
    """A declared column. `name` is the SQL name, `data_type` None when the source decides."""

    name: str
    data_type: str | None = None


@dataclass(frozen=True, slots=True)
class FilesOrigin:
    """A table whose rows come in delivered files.

    `patterns`: stems without extension, `{periode}` and `{zone}` standing for name parts.
    `header`: required columns, each a tuple of accepted source names.
    """

    patterns: tuple[str, ...]
    header: tuple[tuple[str, ...], ...]
    kind: Literal["consolidated", "provisional"]
    date_column: str | None
    encodings: tuple[str, ...]
    separators: tuple[str, ...]
    extensions: tuple[str, ...] = (".csv", ".txt", ".xlsx")


@dataclass(frozen=True, slots=True)
class LinesOrigin:
    """A table whose rows are the lines of delivered files, whatever they say.

    `patterns`: stems as above, with `{jour}` and `{suite}`, and `{dossier}/` before them for the
    folder that holds the file. `values`: the column that takes the `line`, and perhaps those that
    take the name of the `file` and of its `folder`.
    """

    patterns: tuple[str, ...]
    extensions: tuple[str, ...]
    values: Mapping[str, str]
    kind: Literal["consolidated"] = "consolidated"


@dataclass(frozen=True, slots=True)
class DatabaseOrigin:
    """A table whose rows come from a table of a database.

    `nullable_key`: columns of the key in which null is one more value. `extents`: columns that hold
    an array in one text, with the number of its elements. `retention_column`: the day
    by which a row grows old.
    """

    relation: str
    primary_key: tuple[str, ...]
    cursor: str | None
    cursor_precision: Literal["date", "datetime"] | None
    lookback: Duration | None
    filter: str | None
    exclude: Mapping[str, str]
    nullable_key: tuple[str, ...] = ()
    extents: Mapping[str, int] = field(default_factory=dict)
    retention_column: str | None = None

    @property
    def dated_by(self) -> str | None:
        """The column whose day says how old a row is."""
        return self.retention_column or self.cursor


@dataclass(frozen=True, slots=True)
class Generated:
    """A table that `ingest/reference` computes; it lands like a file that we delivered."""


@dataclass(frozen=True, slots=True)
class Subject:
    """By what the rows of a table belong to a kind of person.

    `columns` hold the person's key, in clear or as a pseudonym; `personal` are emptied with them
    where a row stays. `deletes`: whether the row goes with the person.
    """

    kind: str
    columns: tuple[str, ...]
    personal: tuple[str, ...] = ()
    deletes: bool = False


Origin = FilesOrigin | LinesOrigin | DatabaseOrigin | Generated


@dataclass(frozen=True, slots=True)
class Table:
    """One source table. `connections`: variables to look at, the first one that is set holds."""

    source: str
    name: str
    schema: str
    identifier: str
    declared_in: str
    connections: tuple[str, ...]
    origin: Origin
    columns: tuple[Column, ...] = ()
    priority: Priority = Priority.normal
    tolerance: float = 0.0
    pii: Mapping[str, str] = field(default_factory=dict)
    retention: Duration | None = None
    subjects: tuple[Subject, ...] = ()
    mode: Mode | None = None
    freshness: Freshness | None = None
    expected: Expected | None = None

    @property
    def key(self) -> str:
        """`source.table`, as users name it."""
        return f"{self.source}.{self.name}"


@dataclass(frozen=True, slots=True)
class Source:
    """One source system. `connection`: the variable of `.env` that says where it is.

    `listed`: whether `vars: sources` of dbt_project.yml names it, so that it is landed.
    `archive`: the folder that keeps a copy of each delivered file, relative to the project's root.
    `after_landing`: what becomes of a delivered file that the archive has.
    """

    name: str
    schema: str
    connection: str | None
    ignore: Mapping[str, str]
    tables: tuple[Table, ...]
    listed: bool = True
    archive: str | None = None
    after_landing: AfterLanding = "keep"

    @property
    def comes_in_files(self) -> bool:
        """Whether a table of it comes in delivered files."""
        return any(isinstance(table.origin, FilesOrigin | LinesOrigin) for table in self.tables)


@dataclass(frozen=True, slots=True)
class Catalog:
    """Every declared source: the listed ones first, in the order of `vars: sources`."""

    sources: tuple[Source, ...]

    @property
    def listed(self) -> tuple[Source, ...]:
        """The sources that this installation lands."""
        return tuple(source for source in self.sources if source.listed)

    @property
    def tables(self) -> tuple[Table, ...]:
        """The tables of the listed sources."""
        return tuple(table for source in self.listed for table in source.tables)
