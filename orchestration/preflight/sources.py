"""Each source: its driver is known, it answers, and it has the tables and columns we declare.

All sources are asked at once, each in a thread of its own, and none is waited for longer than
`PATIENCE`: no call into a driver can be stopped from outside, so a thread that hangs is left
behind.
"""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path

from ingest.catalog import Catalog, DatabaseOrigin, Generated, Source, Table
from ingest.databases.model import Database, SourceUnreachable, TableUnreadable
from ingest.databases.opening import open_database
from ingest.databases.planning import plan_load
from ingest.files.errors import FilesError
from ingest.files.places import PlaceOptions, open_place
from ingest.plan import PII_KEY, Stop, make_plan
from ingest.settings import SettingsError
from orchestration.preflight.model import Check, Name, Status, guarded

PATIENCE = 10.0  # seconds for one source, all in all
# Files of a place that are counted: enough to know that it can be listed.
FILES = 1000
# Tables or columns that are named; of more only the number is told.
NAMED = 3


def check_sources(
    catalog: Catalog, tables: Sequence[Table], variables: Mapping[str, str], *, named: bool
) -> list[Check]:
    """Look at the places of these tables.

    `named`: they were asked for by name, so that a place that nobody set is a fault.
    """
    found: list[Check] = []
    visits: list[_Visit] = []
    for source in catalog.listed:
        own = [t for t in tables if t.source == source.name and not isinstance(t.origin, Generated)]
        if own:
            checks, stops = _places(catalog, source, own, variables, named=named)
            found += checks
            visits += [_Visit(stop, variables) for stop in stops]
    until = time.monotonic() + PATIENCE
    for visit in visits:
        visit.thread.start()
    for visit in visits:
        visit.thread.join(max(0.0, until - time.monotonic()))
        found += visit.told()
    return found


def _places(
    catalog: Catalog,
    source: Source,
    tables: Sequence[Table],
    variables: Mapping[str, str],
    *,
    named: bool,
) -> tuple[list[Check], list[Stop]]:
    """What is said of where a source is, and the places to look at."""
    scope = f"source:{source.name}"
    asked = dict.fromkeys(name for table in tables for name in table.connections)
    if not any(variables.get(name, "").strip() for name in asked):
        return [
            Check(
                "place",
                "FAIL" if named else "WARNING",
                f"{' and '.join(asked)} empty: {source.name} is skipped",
                f"set {next(iter(asked))} in .env, or take {source.name} out of `vars: sources`",
                scope,
            )
        ], []
    # A table that is named must have a place; of a source, the tables that have one are looked at.
    is_whole = len(tables) == sum(not isinstance(t.origin, Generated) for t in source.tables)
    selectors = [source.name] if is_whole else [table.key for table in tables]
    try:
        # The key of the pseudonyms has a check of its own.
        settled = {**variables, PII_KEY: variables.get(PII_KEY, "").strip() or "-"}
        plan = make_plan(catalog, selectors, settled)
    except SettingsError as error:
        return [Check("place", "FAIL", str(error), "mend it in .env", scope)], []
    # Some tables of a source may have no place, and that is no fault: they exist, empty.
    return [Check("place", "OK", line, scope=scope) for line in plan.skipped], plan.stops


@dataclass
class _Visit:
    """A place that is being looked at, and what is known of it so far."""

    stop: Stop
    variables: Mapping[str, str]
    checks: list[Check] = field(default_factory=list)
    looked_at: int = 0
    unreadable: list[str] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.thread = threading.Thread(target=self._look, name="preflight", daemon=True)

    @property
    def _scope(self) -> str:
        return f"source:{self.stop.source.name}"

    def told(self) -> list[Check]:
        """All that was found; with its thread still at work, that it did not answer in time."""
        checks, looked_at = list(self.checks), self.looked_at
        if not self.thread.is_alive():
            return checks
        mend = f"see whether the source of {self.stop.connection} hangs, or what stands before it"
        if not any(check.name == "connection" for check in checks):
            said = f"{self.stop.connection}: no answer within {PATIENCE:.0f} s"
            return [*checks, Check("connection", "FAIL", said, mend, self._scope)]
        said = f"{looked_at} of {len(self.stop.selected)} looked at within {PATIENCE:.0f} s"
        status: Status = "WARNING" if looked_at else "FAIL"
        return [*checks, Check("tables", status, said, mend, self._scope)]

    def _look(self) -> None:
        look = self._database if self.stop.is_database else self._files
        self.checks += guarded("connection", self._scope, look)

    def _say(self, name: Name, status: Status, detail: str, mend: str = "") -> Check:
        return Check(name, status, detail, mend, self._scope)

    def _files(self) -> list[Check]:
        connection = self.stop.connection
        options = PlaceOptions.from_settings(connection, self.variables)
        try:
            with open_place(self.stop.url, replace(options, timeout=PATIENCE)) as place:
                count = sum(1 for _ in islice(place.list(), FILES))
                label = place.label
        except (FilesError, ValueError) as error:
            return [self._say("connection", "FAIL", str(error), f"see {connection} in .env")]
        files = f"{FILES} files or more" if count == FILES else f"{count} files"
        return [self._say("connection", "OK", f"{label}: {files}")]

    def _database(self) -> list[Check]:
        connection = self.stop.connection
        self.checks += _driver(self.stop, self._scope)
        if any(check.status == "FAIL" for check in self.checks):
            return []
        try:
            database = open_database(connection, self.stop.url, self.variables)
        except SourceUnreachable as error:
            return [self._say("connection", "FAIL", str(error), f"see {connection} in .env")]
        try:
            answers = f"{database.place.partition('#')[0]} answers"
            self.checks.append(self._say("connection", "OK", answers))
            for table in self.stop.selected:
                self._table(database, table)
                self.looked_at += 1
        finally:
            database.close()
        return [self._tables(), *self._columns()]

    def _table(self, database: Database, table: Table) -> None:
        """Describe a table, and read no row of it: the right to read is one to be checked."""
        assert isinstance(table.origin, DatabaseOrigin)
        try:
            load = plan_load(
                table,
                database.describe(table.origin.relation),
                None,
                place=database.place,
                now=datetime.now(UTC),
                force_full=True,
            )
            no_row = " and ".join([*filter(None, [_wrapped(load.extract.filter)]), "1 = 0"])
            for _ in database.read(replace(load.extract, filter=no_row, since=None)):
                pass
        except (TableUnreadable, SourceUnreachable) as error:
            self.unreadable.append(str(error))
            return
        self.missing += [f"{table.key}: {note}" for note in load.notes]

    def _tables(self) -> Check:
        count = len(self.stop.selected)
        if not self.unreadable:
            return self._say("tables", "OK", f"{count} declared, each can be read")
        said = f"{len(self.unreadable)} of {count} cannot be read: {_first(self.unreadable)}"
        mend = "mend the declaration, or ask the owner of the source for the right to read"
        return self._say("tables", "FAIL", said, mend)

    def _columns(self) -> list[Check]:
        if self.missing:
            source = self.stop.source.name
            mend = f"`entrepot sync-columns {source} --dry-run` shows what there is"
            return [self._say("columns", "WARNING", _first(self.missing), mend)]
        return (
            [] if self.unreadable else [self._say("columns", "OK", "all declared ones are there")]
        )


def _wrapped(condition: str | None) -> str | None:
    return f"({condition})" if condition else None


def _first(lines: Sequence[str]) -> str:
    more = f"; and {len(lines) - NAMED} more" if len(lines) > NAMED else ""
    return "; ".join(lines[:NAMED]) + more


def _driver(stop: Stop, scope: str) -> list[Check]:
    """Whether the driver manager knows the ODBC driver or the DSN that the connection names."""
    scheme, _, string = stop.url.partition(":")
    if scheme.lower() != "odbc":
        return []
    try:
        import pyodbc
    except ImportError:
        said = "this machine has no ODBC driver manager"
        mend = "Debian: apt-get install unixodbc, and the source's own driver"
        return [Check("driver", "FAIL", said, mend, scope)]
    drivers = pyodbc.drivers()
    wanted, name = _part(string, "driver"), _part(string, "dsn")
    if not wanted and name:
        known = {key.lower(): driver for key, driver in pyodbc.dataSources().items()}
        if name.lower() not in known:
            said = f"{stop.connection} names the DSN {name}, which nobody declared"
            mend = f"declare it in odbc.ini; there are {_listed(known)}"
            return [Check("driver", "FAIL", said, mend, scope)]
        wanted = known[name.lower()]
    is_file = "/" in wanted and Path(wanted).is_file()
    if wanted and not is_file and wanted.lower() not in map(str.lower, drivers):
        said = f"{stop.connection} names the ODBC driver {wanted}, which is not installed"
        mend = f"install it, or declare it in odbcinst.ini; there are {_listed(drivers)}"
        return [Check("driver", "FAIL", said, mend, scope)]
    return [Check("driver", "OK", wanted or "the one of the connection string", scope=scope)]


def _part(string: str, key: str) -> str:
    found = re.search(rf"(?:^|;)\s*{key}\s*=\s*(?:\{{([^}}]*)\}}|([^;]*))", string, re.IGNORECASE)
    return (found[1] or found[2] or "").strip() if found else ""


def _listed(names: Sequence[str] | Mapping[str, str]) -> str:
    return ", ".join(names) or "none"
