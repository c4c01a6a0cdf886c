"""A source database and an empty warehouse on the private server, and the road between them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from psycopg2 import sql

from ingest import server
from ingest.catalog import Table
from ingest.catalog.entries import Problems, read_table
from ingest.databases.opening import open_database
from ingest.databases.road import DatabaseRoad, Outcome, Wanted
from ingest.files.scratch import throwaway
from ingest.landing import Landing
from ingest.loader import Loader
from ingest.lock import dataset_lock
from ingest.runlog import RunLog, new_run_id
from ingest.warehouse import connect
from tests.support.house import House

SCHEMA = "raw_sigeti"
KEY = b"a key for the tests"


def table(name: str, columns: Sequence[dict[str, str]] = (), **ingest: Any) -> Table:
    """A declared table, read from an entry as the catalog reads it from YAML."""
    entry = {
        "name": name,
        "columns": list(columns),
        "config": {"meta": {"ingest": {"primary_key": ["id"], **ingest}}},
    }
    problems = Problems()
    read = read_table(
        entry, "sigeti", SCHEMA, {"connection": "SIGETI_URL"}, None, "x.yml", problems
    )
    assert read and not problems.lines, problems.lines
    return read


@dataclass
class Source:
    """A database that stands for an application's."""

    name: str

    @classmethod
    def make(cls, name: str, encoding: str = "UTF8") -> Source:
        opened = connect(server.admin(), autocommit=True)
        with opened.cursor() as cursor:
            cursor.execute(sql.SQL("drop database if exists {} with (force)").format(_id(name)))
            cursor.execute(
                sql.SQL(
                    "create database {} template template0 encoding {} locale_provider libc"
                    " lc_collate 'C' lc_ctype 'C'"
                ).format(_id(name), sql.Literal(encoding))
            )
        opened.close()
        return cls(name)

    @property
    def url(self) -> str:
        admin = server.admin(self.name)
        return (
            f"postgresql://{admin.user}:{admin.password}@{admin.host}:{admin.port}/{admin.dbname}"
        )

    def execute(self, *statements: str) -> list[tuple[Any, ...]]:
        """Run statements; returns the rows of the last one."""
        opened = connect(server.admin(self.name), autocommit=True)
        try:
            with opened.cursor() as cursor:
                for statement in statements:
                    cursor.execute(statement)
                return list(cursor.fetchall()) if cursor.description else []
        finally:
            opened.close()


def _id(name: str) -> sql.Identifier:
    return sql.Identifier(name)


@dataclass
class Depot:
    """A warehouse and the source that it is filled from."""

    house: House
    source: Source

    def land(
        self, *tables: Table, url: str | None = None, loader: type[Loader] = Loader, **wanted: Any
    ) -> dict[str, Outcome]:
        """One run over the tables; what came of each."""
        outcomes: dict[str, Outcome] = {}
        run_id = new_run_id()
        home = self.house.warehouse
        log = RunLog(run_id, self.house.folder / "logs")
        with (
            throwaway(self.house.folder / "runs") as scratch,
            dataset_lock(home, [SCHEMA], run_id=run_id, on_loss=_never) as lock,
        ):
            carrier = loader(home, Path(scratch), run_id)
            try:
                Landing(lock=lock, log=log, loader=carrier, scratch=Path(scratch)).prepare(tables)
                database = open_database("SIGETI_URL", url or self.source.url, {})
                DatabaseRoad(
                    database,
                    Wanted(pii_key=KEY, **wanted),
                    lock=lock,
                    log=log,
                    loader=carrier,
                    scratch=Path(scratch),
                    on_outcome=lambda outcome: outcomes.update({outcome.table.name: outcome}),
                ).go(tables)
                database.close()
            finally:
                carrier.close()
                log.close()
        return outcomes

    def raw(self, what: str, table: str, *, order: str = "id") -> list[tuple[Any, ...]]:
        return self.house.rows(f"select {what} from {SCHEMA}.{table} order by {order}")

    def rejects(self) -> list[tuple[Any, ...]]:
        return self.house.rows(
            "select table_name, reason, raw_text is not null from etl.rejects order by 1, 2"
        )

    def clear(self) -> None:
        """As if nothing had ever been landed, from a source without a table."""
        schemas = self.source.execute(
            "select quote_ident(nspname) from pg_namespace"
            " where nspname !~ '^(pg_|information_schema$)'"
        )
        self.source.execute(
            *(f"drop schema {name} cascade" for (name,) in schemas), "create schema public"
        )
        tables = self.house.rows(
            "select quote_ident(tablename) from pg_tables where schemaname = %s", [SCHEMA]
        )
        self.house.call_sql(
            *(f"drop table {SCHEMA}.{name}" for (name,) in tables),
            "truncate etl.source_tables, etl.columns, etl.rejects, etl.run_log",
        )

    def demolish(self) -> None:
        opened = connect(server.admin(), autocommit=True)
        with opened.cursor() as cursor:
            cursor.execute(sql.SQL("drop database {} with (force)").format(_id(self.source.name)))
        opened.close()
        self.house.demolish()


def _never() -> None:
    raise AssertionError("the lock was lost")
