"""`entrepot restore`: a warehouse from a backup, verified table by table.

    files whole? -> roles, schemas, control tables -> empty? -> each part in one transaction -> the
    same counts and checksums -> what is left to do

What a build makes (staging, dimensions, facts, marts, views, grants, row policies) comes back with
the next build; images that are not in the backup with the next load, which reads them whole.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from psycopg2 import sql
from psycopg2.extensions import connection as Connection

from ingest.catalog import DatabaseOrigin, load_catalog
from ingest.console import complain
from ingest.keeping import is_archived
from ingest.lock import DatasetLock, dataset_lock
from ingest.raw_tables import destination
from ingest.runlog import RunLog, own_run_id
from ingest.settings import (
    LOADER_ROLE,
    LOG_DIR,
    TRANSFORMER_ROLE,
    SettingsError,
    Warehouse,
    environment,
)
from ingest.warehouse import MODEL_SCHEMAS, connect, transaction
from orchestration.backup.contents import OWNERS, SESSION, measured
from orchestration.backup.making import tell
from orchestration.backup.manifest import Manifest, file_of, read_manifest
from orchestration.backup.noting import noted
from orchestration.backup.tools import BackupError, Tools, sha256
from orchestration.builds import lease, writers_lock


@dataclass(frozen=True, slots=True)
class Restored:
    """What came back, and the commands that are to follow."""

    manifest: Manifest
    rows: int
    todo: list[str]


def read_whole(folder: Path) -> Manifest:
    """The manifest of a backup whose files are those that it names.

    Raises:
        SettingsError: it is no backup.
        BackupError: a file is missing or damaged.
    """
    manifest = read_manifest(folder)
    for name, wanted in manifest.files.items():
        path = folder / name
        if not path.is_file() or sha256(path) != wanted:
            raise BackupError(f"{path} is missing or damaged: take another backup")
    return manifest


def restore(
    chosen: Warehouse,
    folder: Path,
    *,
    replace: bool,
    make_ready: Callable[[], object] = lambda: None,
) -> Restored:
    """Put a backup into a warehouse.

    Args:
        make_ready: called once the backup is known to be whole; makes what `entrepot init` makes.

    Raises:
        SettingsError: it is no backup, or the warehouse is not empty, and not `replace`.
        BackupError: a file is missing or damaged, something was refused or came back different.
        Locked, LockLost: another run, or a build, goes on.
    """
    log = RunLog(own_run_id(environment()), LOG_DIR)
    try:
        with noted(chosen, log, "restore") as counted:
            manifest = read_whole(folder)
            make_ready()
            todo = _restore(chosen, folder, manifest, log.run_id, replace=replace)
            counted.rows = sum(kept.rows for kept in manifest.tables)
    finally:
        log.close()
    return Restored(manifest, counted.rows, todo)


def _restore(
    chosen: Warehouse, folder: Path, manifest: Manifest, run_id: str, *, replace: bool
) -> list[str]:
    schemas = sorted({source.schema for source in load_catalog().sources})
    with (
        dataset_lock(chosen, schemas, run_id=run_id, on_loss=_end) as lock,
        writers_lock(chosen),
        lease(chosen, f"restore {run_id}"),
        closing(connect(chosen)) as opened,
    ):
        tools = Tools(chosen, opened.server_version // 10000)
        made = _Restoring(opened, lock, schemas, manifest)
        made.clear(replace=replace)
        tell(f"restoring {len(manifest.tables)} tables: {', '.join(manifest.parts)} …")
        emptied = "".join(f"delete from {kept.quoted};\n" for kept in manifest.of("control"))
        tools.load(
            [
                (folder / file_of(part), OWNERS[part], emptied if part == "control" else "")
                for part in manifest.parts
            ]
        )
        made.verify()
        return made.settle()


def _end() -> None:
    complain("entrepot restore: the connection that held the lock was lost; run it again.")
    os._exit(1)


class _Restoring:
    """The steps between the locks, on a connection with the rights of the login."""

    def __init__(
        self, opened: Connection, lock: DatasetLock, raw_schemas: list[str], manifest: Manifest
    ):
        self._opened = opened
        self._lock = lock
        self._raw = raw_schemas
        self._manifest = manifest

    def clear(self, *, replace: bool) -> None:
        """See that nothing is there, or (`replace`) take it away.

        In one transaction: a ledger without its rows would be believed, and rows without their
        ledger would land again.

        Raises:
            SettingsError: something is there, and not `replace`.
        """
        with transaction(self._opened) as cursor:
            cursor.execute(
                """
                select namespaces.nspname, classes.relname, classes.relkind
                from pg_class as classes
                inner join pg_namespace as namespaces on classes.relnamespace = namespaces.oid
                where namespaces.nspname = any(%s) and classes.relkind in ('r', 'p', 'v', 'm')
                order by namespaces.nspname
                """,
                ([*self._raw, *MODEL_SCHEMAS],),
            )
            found = cursor.fetchall()
            cursor.execute(
                "select exists (select from etl.file_ledger)"
                " or exists (select from etl.source_tables)"
            )
            has_landed = (cursor.fetchone() or (False,))[0]
            if not replace and (found or has_landed):
                raise SettingsError(
                    "the warehouse is not empty: restore into a new database, or say --replace,"
                    " which takes all its tables away first"
                )
            kinds = {"v": "view", "m": "materialized view"}
            for schema, name, kind in found:
                cursor.execute(
                    sql.SQL("set local role {}; drop {} if exists {} cascade").format(
                        sql.Identifier(LOADER_ROLE if schema in self._raw else TRANSFORMER_ROLE),
                        sql.SQL(kinds.get(kind, "table")),
                        sql.Identifier(schema, name),
                    )
                )
            cursor.execute(sql.SQL("set local role {}").format(sql.Identifier(LOADER_ROLE)))
            cursor.execute(
                "select relname from pg_class where relnamespace = to_regnamespace('etl')"
                " and relkind = 'r' and pg_get_userbyid(relowner) = %s and relname <> 'dbt_lease'",
                (LOADER_ROLE,),
            )
            # Without --replace there is what belongs to the moment, and to models that are gone.
            for (table,) in cursor.fetchall():
                cursor.execute(sql.SQL("delete from {}").format(sql.Identifier("etl", table)))

    def verify(self) -> None:
        """Compare every table with what the backup counted.

        Raises:
            BackupError: naming the first table that differs.
        """
        tell(f"comparing {len(self._manifest.tables)} tables …")
        with transaction(self._opened) as cursor:
            cursor.execute(SESSION)
            for kept in self._manifest.tables:
                if measured(cursor, kept) != (kept.rows, kept.checksum):
                    raise BackupError(f"{kept.name} did not come back as it was: restore again")

    def settle(self) -> list[str]:
        """Have images that did not come back read whole; returns what is left to do."""
        came_back = {(kept.schema, kept.table) for kept in self._manifest.tables}
        todo = []
        with self._lock.transaction() as cursor:
            for source in load_catalog().sources:
                lost = [
                    table
                    for table in source.tables
                    if (table.schema, destination(table).table) not in came_back
                ]
                images = [t.name for t in lost if isinstance(t.origin, DatabaseOrigin)]
                # A delta would have nothing to add to.
                cursor.execute(
                    "update etl.source_tables set mark = null"
                    " where source = %s and table_name = any(%s)",
                    (source.name, images),
                )
                if len(images) < len(lost) and is_archived(source, environment()):
                    cursor.execute(
                        "select exists (select from etl.file_ledger where source = %s)",
                        (source.name,),
                    )
                    if (cursor.fetchone() or (False,))[0]:
                        todo.append(
                            f"python ingest/run_all.py --rebuild-raw --select {source.name}"
                        )
        for part in ("history", "raw"):
            for kept in self._manifest.of(part):
                with transaction(self._opened) as cursor:
                    cursor.execute(
                        sql.SQL("analyze {}").format(sql.Identifier(kept.schema, kept.table))
                    )
        return [*todo, "entrepot run"]
