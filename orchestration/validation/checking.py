"""`entrepot validate`: every selected source, then what is built from it."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field

from psycopg2.extensions import connection as Connection

from ingest.catalog import Catalog, load_catalog, select
from ingest.databases.model import SourceUnreachable
from ingest.databases.opening import open_database, patience
from ingest.databases.postgres import PostgresDatabase
from ingest.plan import Plan, Stop, make_plan, pii_key
from ingest.progress import Progress
from ingest.runlog import RunLog, own_run_id
from ingest.setting_out import make_ready
from ingest.settings import (
    LOADER_ROLE,
    LOG_DIR,
    TRANSFORMER_ROLE,
    Warehouse,
    environment,
)
from ingest.validation.files import check_files
from ingest.validation.model import Checked
from ingest.validation.places import check_place
from ingest.validation.sides import open_raw
from ingest.validation.tables import Wanted, check_tables
from ingest.warehouse import connect
from orchestration.builds import writers_lock
from orchestration.dbt_nodes import DbtRefused
from orchestration.validation.facts import compile_audits, run_audit
from orchestration.validation.store import keep


@dataclass(frozen=True, slots=True)
class Asked:
    """What to compare. select: sources and tables, none for all. deep: the content of files, too.
    strict: sources were not written to since the last load. facts: what is built, too.
    """

    select: tuple[str, ...] = ()
    deep: bool = False
    strict: bool = False
    facts: bool = True


@dataclass(slots=True)
class Found:
    """What came of it. failures: what could not be looked at, one line each."""

    run_id: str
    checks: list[Checked] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)
    seconds: float = 0.0

    @property
    def faults(self) -> int:
        return sum(one.faults for one in self.checks)

    @property
    def code(self) -> int:
        """0 nothing differs; 1 something does, or could not be compared."""
        return 1 if self.failures or not all(one.is_equal for one in self.checks) else 0


def validate(home: Warehouse, asked: Asked, progress: Progress) -> Found:
    """Compare what is asked for, and keep the answers in etl.validation.

    Raises:
        CatalogError, UnknownSelection, SettingsError, WarehouseError: nothing was compared.
    """
    began = time.monotonic()
    catalog = load_catalog()
    plan = make_plan(catalog, asked.select, environment())
    make_ready(home, catalog)
    run_id = own_run_id(environment())
    found = Found(run_id, notes=list(plan.skipped))
    with (
        closing(RunLog(run_id, LOG_DIR)) as log,
        closing(connect(home, role=LOADER_ROLE)) as warehouse,
        closing(open_raw(home)) as raw,
    ):
        _Validation(home, asked, plan, catalog, found, progress, warehouse, raw).go()
        found.seconds = time.monotonic() - began
        keep(warehouse, log, found.checks)
    return found


class _Validation:
    """The steps, in order; a source that does not answer stops no other."""

    def __init__(
        self,
        home: Warehouse,
        asked: Asked,
        plan: Plan,
        catalog: Catalog,
        found: Found,
        progress: Progress,
        warehouse: Connection,
        raw: PostgresDatabase,
    ):
        self._home = home
        self._asked = asked
        self._plan = plan
        self._catalog = catalog
        self._found = found
        self._progress = progress
        self._warehouse = warehouse
        self._raw = raw

    def go(self) -> None:
        self._found.checks += [check_files(self._warehouse, t) for t in self._plan.generated]
        for stop in self._plan.stops:
            if stop.is_database:
                self._found.checks += self._database(stop)
            else:
                self._files(stop)
        if self._asked.facts:
            self._facts()

    def _database(self, stop: Stop) -> Iterator[Checked]:
        variables = environment()
        try:
            database = open_database(stop.connection, stop.url, variables)
        except SourceUnreachable as error:
            self._found.failures.append(str(error))
            return
        wanted = Wanted(
            patience=patience(stop.connection, variables),
            pii_key=pii_key(variables),
            strict=self._asked.strict,
        )
        with self._progress.tables(stop.connection, stop.selected) as advance:
            tables = stop.selected
            checks = check_tables(database, self._raw, self._warehouse, tables, wanted)
            for table, checked in zip(tables, checks, strict=True):
                advance(table)
                yield checked

    def _files(self, stop: Stop) -> None:
        counted = [check_files(self._warehouse, table) for table in stop.selected]
        self._found.checks += counted
        place = check_place(
            stop,
            self._found.run_id,
            self._warehouse,
            self._raw,
            self._progress,
            deep=self._asked.deep,
        )
        self._found.checks += place.checked
        self._found.notes += place.notes
        if place.failure:
            self._found.failures.append(place.failure)

    def _facts(self) -> None:
        """Under the lock of the builds: a fact that is being rebuilt is not what it will be."""
        with writers_lock(self._home):
            try:
                audits = compile_audits(self._home, _below(self._asked.select, self._catalog))
            except DbtRefused as error:
                self._found.failures.append(f"facts: {error}")
                return
            with closing(connect(self._home, role=TRANSFORMER_ROLE)) as opened:
                opened.set_session(readonly=True)
                self._found.checks += [run_audit(opened, audit) for audit in audits]


def _below(selectors: Sequence[str], catalog: Catalog) -> list[str]:
    """Selectors as dbt words them: `fluxvision.nuitee*` -> each table that it means."""
    chosen = []
    for selector in selectors:
        if "." in selector:
            chosen += [table.key for table in select(catalog, [selector])]
        else:
            chosen += sorted({table.source for table in select(catalog, [selector])})
    return chosen
