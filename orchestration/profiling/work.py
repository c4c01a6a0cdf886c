"""`entrepot profile`: the tables that are asked for, or due, one after the other."""

from __future__ import annotations

import json
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

import adbc_driver_manager
import psycopg2
import pyarrow as pa
from psycopg2.extensions import connection as Connection

from ingest.catalog import Catalog, load_catalog
from ingest.console import complain
from ingest.raw_tables import destination
from ingest.runlog import Line, RunLog, Status, new_run_id
from ingest.settings import LOADER_ROLE, LOG_DIR, TRANSFORMER_ROLE, SettingsError, Warehouse
from ingest.warehouse import connect, require_prepared, transaction
from orchestration.profiling import kept, telling
from orchestration.profiling.changes import changes
from orchestration.profiling.exclude import suggest
from orchestration.profiling.reading import Profile, profile
from orchestration.relations import Relation, columns_of, find
from orchestration.report_page import place_of

_DUE = "select source, table_name from etl.vw_profiling_needed"


def run_profile(
    chosen: Warehouse, words: Sequence[str], *, due: bool = False, as_json: bool = False
) -> int:
    """Profile what some words mean (all declared tables without any), and tell; the exit code.

    due: of these only the tables whose last profile is older than 14 days, or that have none;
    always so without words.

    Raises:
        SettingsError: a word means nothing, or it is not known what is due.
    """
    catalog = load_catalog()
    with closing(connect(chosen, role=LOADER_ROLE)) as opened:
        schemas = sorted({source.schema for source in catalog.sources})
        require_prepared(opened, chosen, schemas)
        relations = _wanted(chosen, catalog, words, due=due or not words)
        return _Profiling(chosen, opened, as_json=as_json).go(relations)


def _wanted(
    chosen: Warehouse, catalog: Catalog, words: Sequence[str], *, due: bool
) -> list[Relation]:
    """What is to be profiled, in the order of the words."""
    with (
        closing(connect(chosen, role=TRANSFORMER_ROLE, autocommit=True)) as opened,
        opened.cursor() as cursor,
    ):
        if not words:
            places = {destination(table): table.key for table in catalog.tables}
            words = [places[to] for to in columns_of(cursor, places)]
        found = find(cursor, catalog, words)
        if not due:
            return found
        try:
            cursor.execute(_DUE)
        except psycopg2.errors.UndefinedTable:
            raise SettingsError(
                "the views that know what is due are not built in this target; run"
                " `entrepot build --select vw_profiling_needed`"
            ) from None
        needed = set(cursor.fetchall())
    return [
        one for one in found if one.declared and (one.declared.source, one.declared.name) in needed
    ]


class _Profiling:
    """One call of the command. opened: a connection with the rights of the loader."""

    def __init__(self, chosen: Warehouse, opened: Connection, *, as_json: bool):
        self._chosen = chosen
        self._opened = opened
        self._as_json = as_json
        self._log = RunLog(new_run_id(), LOG_DIR)
        self._told: list[telling.Told] = []
        self._pages: list[Path] = []
        self._empty: list[str] = []

    def go(self, relations: Sequence[Relation]) -> int:
        """Profile them all; one that fails does not stop the others."""
        failed = 0
        try:
            for relation in relations:
                failed += not self._one(relation)
        finally:
            self._log.close()
        if self._as_json:
            print(json.dumps([telling.as_data(told) for told in self._told], indent=2))
        elif len(self._told) == 1 == len(relations):
            print(telling.details(self._told[0]))
        if self._empty:
            more = f" and {len(self._empty) - 3} more" if len(self._empty) > 3 else ""
            complain(f"no rows, so no profile: {', '.join(self._empty[:3])}{more}")
        if not relations:
            complain("entrepot profile: nothing is due; name a table to profile it all the same.")
        elif self._pages and not self._as_json:
            where = self._pages[0] if len(self._pages) == 1 else self._pages[0].parent
            print(f"Report: {place_of(where)}")
        return 1 if failed else 0

    def _one(self, relation: Relation) -> bool:
        try:
            made = self._read(relation)
            told = self._keep(made)
        except (adbc_driver_manager.Error, pa.ArrowException, psycopg2.Error, OSError) as error:
            self._fail(relation, error)
            return False
        if told is None:
            self._empty.append(relation.name)
            return True
        self._told.append(told)
        if not self._as_json:
            print(telling.headline(told), flush=True)
        self._pages.append(telling.write_page(told, self._chosen.target))
        return True

    def _read(self, relation: Relation) -> Profile:
        """Profile a relation, on a terminal with the rows that were read so far."""
        from rich.console import Console

        seen = 0
        with Console(stderr=True).status(f"{relation.name} …") as status:

            def on_rows(rows: int) -> None:
                nonlocal seen
                seen += rows
                status.update(f"{relation.name}: {seen:,} rows …")

            return profile(self._chosen, relation, on_rows)

    def _keep(self, made: Profile) -> telling.Told | None:
        """Compare with the last profile, keep this one, and note both; None of an empty table."""
        with transaction(self._opened) as cursor:
            if not made.rows:
                # It stays due: a table that fills up is to be profiled then, not two weeks later.
                line = self._line(made.relation, "skipped", "no rows")
                self._log.insert(cursor, [line])
                told = None
            else:
                before, columns = kept.last(cursor, made.relation.to)
                found = changes(columns, made)
                told = telling.Told(made, found, before, suggest(cursor, made))
                kept.keep(cursor, made, self._log.run_id)
                said = f"{len(found)} changes since the last profile" if found else None
                line = self._line(made.relation, "warn" if found else "ok", said, made)
                self._log.insert(cursor, [line])
        self._log.keep([line])
        return told

    def _fail(self, relation: Relation, error: Exception) -> None:
        # Only the kind of the error: what the server says may quote a value of a row.
        line = self._line(relation, "failed", type(error).__name__)
        with transaction(self._opened) as cursor:
            self._log.insert(cursor, [line])
        self._log.keep([line])
        complain(f"{relation.name}: it could not be read ({type(error).__name__})")

    @staticmethod
    def _line(
        relation: Relation, status: Status, said: str | None, made: Profile | None = None
    ) -> Line:
        table = relation.declared
        return Line(
            "profile",
            status,
            source=table.source if table else "dbt",
            table_name=table.name if table else relation.to.table,
            rows=made.rows if made else None,
            seconds=made.seconds if made else None,
            error=said,
        )
