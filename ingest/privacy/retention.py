"""How long rows are kept, and until which day a table has to be emptied for that."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time

from ingest.catalog import Catalog, DatabaseOrigin, Table
from ingest.settings import SettingsError


@dataclass(frozen=True, slots=True)
class Cut:
    """A table, and the first day of which it keeps rows."""

    table: Table
    first_day: date


def cuts(
    catalog: Catalog, today: date, *, source: str | None = None, table: str | None = None
) -> list[Cut]:
    """The tables that declare a retention, with the first day that each keeps on `today`.

    Raises:
        SettingsError: `source` or `table` names nothing that is declared.
    """
    chosen = _chosen(catalog, source, table)
    moment = datetime.combine(today, time())
    return [
        Cut(one, one.retention.before(moment).date()) for one in chosen if one.retention is not None
    ]


def _chosen(catalog: Catalog, source: str | None, table: str | None) -> Sequence[Table]:
    names = [one.name for one in catalog.listed]
    if source and source not in names:
        raise SettingsError(f"--source {source}: no such source is listed (listed: {_and(names)})")
    chosen = [one for one in catalog.tables if not source or one.source == source]
    if table:
        chosen = [one for one in chosen if table in (one.name, one.key)]
        if not chosen:
            raise SettingsError(f"--table {table}: {source or 'no source'} has no such table")
    return chosen


def dating_column(table: Table) -> str | None:
    """The raw column by which rows of a source table are dated; None for one of files."""
    from ingest.names import snake_case

    if isinstance(table.origin, DatabaseOrigin) and table.origin.dated_by:
        return snake_case(table.origin.dated_by)
    return None


def _and(names: Sequence[str]) -> str:
    return ", ".join(names) or "none"
