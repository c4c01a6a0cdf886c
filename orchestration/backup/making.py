"""`entrepot backup`: one consistent moment of what cannot be made again, in a folder of its own.

    locks -> a snapshot -> counts and checksums -> pg_dump of the snapshot -> read back -> rename

The folder takes its name when it is whole and verified; what a killed backup left is removed by the
next one.
"""

from __future__ import annotations

import os
import re
import shutil
import sys
import tomllib
from collections.abc import Sequence
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from psycopg2.extensions import connection as Connection

from ingest.catalog import load_catalog
from ingest.lock import dataset_lock
from ingest.runlog import RunLog, own_run_id
from ingest.settings import (
    LOADER_ROLE,
    LOG_DIR,
    ROOT,
    STATE_DIR,
    SettingsError,
    Warehouse,
    environment,
)
from ingest.warehouse import connect, require_prepared
from orchestration.backup.contents import OWNERS, SESSION, Kept, Part, measured, tables
from orchestration.backup.manifest import NAME, Manifest, file_of, moment_of
from orchestration.backup.noting import noted
from orchestration.backup.tools import BackupError, Tools, sha256
from orchestration.builds import writers_lock

VARIABLE = "ENTREPOT_BACKUP_DIR"
# A backup is made at night: it waits for a load to end rather than fail.
PATIENCE_SECONDS = 900.0


def folder_for_backups(to: str | None) -> Path:
    """Where backups go: what was asked for, else ENTREPOT_BACKUP_DIR, else below `.entrepot`.

    Raises:
        SettingsError: it names the home folder of nobody.
    """
    chosen = to or environment().get(VARIABLE, "").strip()
    try:
        return (ROOT / Path(chosen).expanduser()).resolve() if chosen else STATE_DIR / "backups"
    except RuntimeError:
        raise SettingsError(f"backups: {chosen} is in nobody's home folder") from None


def back_up(
    chosen: Warehouse, folder: Path, *, all_raw: bool = False, keep: int | None = None
) -> tuple[Path, Manifest, list[Path]]:
    """Make a backup in a new folder below `folder`, and remove those beyond the `keep` newest.

    Returns the new folder, what is in it, and the folders that were removed.

    Raises:
        BackupError: it could not be made or verified; nothing of it is left.
        SettingsError: the warehouse is not prepared, or `folder` cannot be written.
        Locked, LockLost: another run goes on.
    """
    log = RunLog(own_run_id(environment()), LOG_DIR)
    try:
        with noted(chosen, log, "backup") as counted:
            path, manifest = _Making(chosen, folder, log).go(all_raw=all_raw)
            counted.size = sum((path / name).stat().st_size for name in manifest.files)
            counted.rows = sum(kept.rows for kept in manifest.tables)
    finally:
        log.close()
    return path, manifest, remove_beyond(folder, chosen, keep) if keep else []


class _Making:
    def __init__(self, chosen: Warehouse, folder: Path, log: RunLog):
        self._chosen = chosen
        self._log = log
        now = datetime.now(UTC)
        self._moment = now
        stem = f"entrepot-{chosen.target}-{_plain(chosen.dbname)}"
        self._final = folder / f"{stem}-{now:%Y%m%dT%H%M%SZ}"
        self._partial = folder / f".{self._final.name}.partial"
        self._leftovers = f".{stem}-*.partial"

    def go(self, *, all_raw: bool) -> tuple[Path, Manifest]:
        catalog = load_catalog()
        schemas = sorted({source.schema for source in catalog.sources})
        with closing(connect(self._chosen, role=LOADER_ROLE)) as opened:
            require_prepared(opened, self._chosen, schemas)
        with (
            dataset_lock(
                self._chosen,
                schemas,
                run_id=self._log.run_id,
                on_loss=lambda: None,  # a snapshot stays what it is
                wait=PATIENCE_SECONDS,
            ),
            writers_lock(self._chosen),
            closing(connect(self._chosen)) as opened,
        ):
            self._make_folder()
            try:
                manifest = self._write(opened, all_raw=all_raw)
                self._partial.replace(self._final)
                _settle(self._final.parent)
            except BaseException:
                shutil.rmtree(self._partial, ignore_errors=True)
                raise
        return self._final, manifest

    def _make_folder(self) -> None:
        parent = self._partial.parent
        try:
            parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            # Nobody else makes one now: we hold the locks.
            for left in parent.glob(self._leftovers):
                shutil.rmtree(left, ignore_errors=True)
            self._partial.mkdir(mode=0o700)
        except OSError as error:
            raise SettingsError(f"{parent} cannot hold backups: {error.strerror}") from error

    def _write(self, opened: Connection, *, all_raw: bool) -> Manifest:
        with opened.cursor() as cursor:
            cursor.execute(SESSION)
            opened.commit()
            cursor.execute("set transaction isolation level repeatable read, read only")
            cursor.execute("select pg_export_snapshot(), clock_timestamp()")
            snapshot, moment = cursor.fetchone() or ("", self._moment)
            found = tables(cursor, load_catalog(), environment(), all_raw=all_raw)
            tell(f"counting {len(found)} tables …")
            counted = []
            for kept in found:
                rows, checksum = measured(cursor, kept)
                counted.append(replace(kept, rows=rows, checksum=checksum))
            manifest = Manifest(
                version=tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"],
                target=self._chosen.target,
                database=self._chosen.dbname,
                moment=moment.isoformat(),
                run_id=self._log.run_id,
                server_version=opened.server_version,
                has_all_raw=all_raw,
                tables=counted,
            )
            # The snapshot lives as long as this transaction.
            self._dump(Tools(self._chosen, opened.server_version // 10000), manifest, snapshot)
            opened.rollback()
        page = self._partial / NAME
        page.touch(mode=0o600)
        page.write_text(manifest.as_json(), encoding="utf-8")
        for path in self._partial.iterdir():
            _settle(path)
        _settle(self._partial)
        return manifest

    def _dump(self, tools: Tools, manifest: Manifest, snapshot: str) -> None:
        for part in manifest.parts:
            own = manifest.of(part)
            tell(f"writing {part}: {len(own)} tables, {sum(kept.rows for kept in own):,} rows …")
            path = self._partial / file_of(part)
            tools.dump(path, OWNERS[part], snapshot, arguments(part, own))
            tell(f"reading {part} back …")
            verify(tools, path, own)
            manifest.files[path.name] = sha256(path)


def arguments(part: Part, own: Sequence[Kept]) -> list[str]:
    """What tells pg_dump which tables a part has."""
    named = [f"--table={kept.quoted}" for kept in own]
    # The control tables are made by `entrepot init`, whose version may be a later one.
    return [*(["--data-only"] if part == "control" else []), "--strict-names", *named]


def verify(tools: Tools, path: Path, own: Sequence[Kept]) -> None:
    """Read a file of a backup to its end and compare the rows that it holds with those counted.

    Raises:
        BackupError: it cannot be read, or holds something else.
    """
    held = tools.counts(path)
    for kept in own:
        if held.get(kept.name) != kept.rows:
            raise BackupError(
                f"{path.name} holds {held.get(kept.name, 'no')} rows of {kept.name} where "
                f"there are {kept.rows}"
            )


def remove_beyond(folder: Path, chosen: Warehouse, keep: int) -> list[Path]:
    """Remove all but the newest backups of this warehouse; folders of anything else stay."""
    own = [
        (moment, path)
        for path in folder.iterdir()
        if not path.is_symlink() and (moment := moment_of(path, chosen.dbname, chosen.target))
    ]
    old = [path for _, path in sorted(own, reverse=True)[keep:]]
    for path in old:
        shutil.rmtree(path)
    return old


def tell(what: str) -> None:
    """Say what goes on, beside the answer."""
    print(what, file=sys.stderr, flush=True)


def _plain(name: str) -> str:
    return re.sub(r"[^A-Za-z0-9_]", "_", name)


def _settle(path: Path) -> None:
    """Have a file or the names of a folder on the disk."""
    if os.name == "nt" and path.is_dir():
        return
    handle = os.open(path, os.O_RDONLY if os.name != "nt" else os.O_RDWR)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
