"""`entrepot erase`: one person, out of everything that this installation keeps, with the proof.

who is it -> count -> raw, ods, rejects, words (one transaction) -> logs -> dbt build -> count
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from psycopg2.extensions import cursor as Cursor
from tabulate import tabulate

from ingest.catalog import Catalog, Table, load_catalog
from ingest.console import complain
from ingest.lock import DatasetLock, Locked, LockLost, dataset_lock
from ingest.parts import Destination
from ingest.plan import PII_KEY, pii_key
from ingest.privacy import erase as erasing
from ingest.privacy import traces
from ingest.privacy.histories import histories
from ingest.privacy.persons import WrongKey, erased, hashes_of
from ingest.privacy.subjects import Person, Place, places
from ingest.runlog import RunLog, new_run_id
from ingest.settings import LOG_DIR, ROOT, STATE_DIR, SettingsError, Warehouse, child_environment
from orchestration.builds import run_dbt, writers_lock
from orchestration.dbt_nodes import list_nodes
from orchestration.report_page import FOLDER as REPORTS

_BUILT = ("table", "incremental", "snapshot")


def run_erase(chosen: Warehouse, subject: str, source: str | None, *, dry_run: bool) -> int:
    """Erase whoever `subject` means and print what is left; returns the exit code.

    `subject`: a key, or `kind:key` or `source.kind:key` where a key could be several people's.

    Raises:
        SettingsError: nobody or several people are meant, or there is no key of pseudonyms.
    """
    secret = pii_key(child_environment())
    if not secret:
        raise SettingsError(f"set {PII_KEY} in .env: it tells the person from all others")
    catalog = load_catalog()
    wanted = _candidates(catalog, subject, source, secret)
    log = RunLog(new_run_id(), LOG_DIR)
    schemas = {table.schema for table in catalog.tables if _is_about(table, wanted)}
    try:
        with (
            dataset_lock(chosen, schemas, run_id=log.run_id, on_loss=_end) as lock,
            writers_lock(chosen),
        ):
            erasure = _Erasure(chosen, catalog, lock, log, secret)
            return erasure.go(erasure.the_one(wanted, subject), dry_run=dry_run)
    except (Locked, LockLost, WrongKey) as error:
        complain(f"entrepot erase: {error}")
        return 1
    finally:
        log.close()


def _candidates(catalog: Catalog, subject: str, source: str | None, secret: bytes) -> list[Person]:
    """Everybody whom the words could mean: one for each declared kind of person."""
    kinds = {(t.source, s.kind): None for t in catalog.tables for s in t.subjects}
    chosen = [(own, kind) for own, kind in kinds if source in (None, own)]
    if not chosen:
        declared = ", ".join(dict.fromkeys(own for own, _ in kinds)) or "none"
        raise SettingsError(
            f"--source {source}: it declares no `subject` (declared by: {declared})"
        )
    prefix, colon, rest = subject.partition(":")
    named = [(own, kind) for own, kind in chosen if prefix in (kind, f"{own}.{kind}")]
    key = rest if colon and named else subject
    if not key.strip():
        raise SettingsError(
            "--subject is empty: write the key by which the source knows the person"
        )
    return [
        Person(own, kind, key, hashes_of(key, secret))
        for own, kind in (named if colon and named else chosen)
    ]


def _is_about(table: Table, persons: Sequence[Person]) -> bool:
    return any(
        table.source == person.source and subject.kind == person.kind
        for subject in table.subjects
        for person in persons
    )


@dataclass
class _Counted:
    """How many rows or files hold the person, place by place, in the order of their printing."""

    rows: dict[Destination, int] = field(default_factory=dict)
    files: dict[str, int] = field(default_factory=dict)

    @property
    def lines(self) -> dict[str, int]:
        return {f"{to.schema}.{to.table}": n for to, n in self.rows.items()} | self.files

    @property
    def total(self) -> int:
        return sum(self.lines.values())


class _Erasure:
    """One erasure, under the locks of landing and of the builds."""

    def __init__(
        self, chosen: Warehouse, catalog: Catalog, lock: DatasetLock, log: RunLog, secret: bytes
    ):
        self._chosen = chosen
        self._catalog = catalog
        self._lock = lock
        self._log = log
        self._secret = secret
        self._histories = histories()

    def the_one(self, persons: Sequence[Person], said: str) -> Person:
        """Of those who could be meant the one that the warehouse holds, or has forgotten before.

        Raises:
            SettingsError: nobody, or more than one.
        """
        held, known = [], []
        with self._lock.transaction() as cursor:
            cursor.execute("set local role none")
            for person in persons:
                found = self._places(cursor, person)
                bare = traces.Search(person, ())
                if any(traces.in_places(cursor, bare, found).values()):
                    held.append(person)
                forgotten = erased(cursor, person.source, self._secret).get(person.kind, ())
                if person.hashes[0] in forgotten:
                    known.append(person)
        meant = held or known
        if len(meant) > 1:
            names = ", ".join(f"{person.name}:{person.key}" for person in meant)
            raise SettingsError(f"--subject {said} may be several people's; write one of: {names}")
        if not meant:
            names = ", ".join(person.name for person in persons)
            raise SettingsError(
                f"--subject {said}: nobody is known by that key (looked for {names})"
            )
        return meant[0]

    def go(self, person: Person, *, dry_run: bool) -> int:
        """Erase one person and prove it; returns the exit code."""
        with self._lock.transaction() as cursor:
            cursor.execute("set local role none")
            found = self._places(cursor, person)
            search = traces.Search(person, traces.telling_texts(cursor, person, found))
        # What is rebuilt: below every table that may hold such a person.
        selection = [f"source:{key}+" for key in dict.fromkeys(p.table.key for p in found)]
        built = relations_below(self._chosen, selection)
        built = [to for to in built if to not in {place.to for place in found}]
        before = self._count(search, found, built)
        if dry_run:
            print(as_table(before, None))
            print(f"{person.name}: nothing was erased (--dry-run).")
            return 0
        # Before the rows go that say what to look for: a run that is killed here can go on.
        self._clean_files(search)
        with self._lock.transaction() as cursor:
            cursor.execute("set local role none")
            changed = erasing.erase(
                cursor, person, found, secret=self._secret, run_id=self._log.run_id
            )
            traces.clean_control(cursor, search, found)
        failed = run_dbt(
            self._chosen,
            ["build", "--quiet", "--exclude-resource-type", "unit_test", "--select", *selection],
            run_id=self._log.run_id,
            lock=False,
        )
        self._clean_files(search)
        after = self._count(search, found, built)
        is_done = not failed and not after.total
        self._note(person, sum(changed.values()), is_done)
        print(as_table(before, after))
        if failed:
            complain("entrepot erase: dbt failed; mend what it says and run this command again.")
        if after.total:
            complain(f"entrepot erase: {after.total} rows or files still hold {person.name}.")
        else:
            print(f"{person.name}: erased, and kept from landing again. Run {self._log.run_id}.")
        return 0 if is_done else 1

    def _places(self, cursor: Cursor, person: Person) -> list[Place]:
        tables = [table for table in self._catalog.tables if table.source == person.source]
        return places(cursor, tables, self._histories, person.kind)

    def _count(
        self, search: traces.Search, found: Sequence[Place], built: Sequence[Destination]
    ) -> _Counted:
        with self._lock.transaction() as cursor:
            cursor.execute("set local role none")
            rows = traces.in_places(cursor, search, found)
            rows |= traces.in_built(cursor, search, built)
            rows |= traces.in_control(cursor, search, found)
        folders = {"logs (files)": _log_folders(), "working folders (files)": _work_folders()}
        files = {name: len(traces.files_with(search, own)) for name, own in folders.items()}
        return _Counted(rows, files)

    def _clean_files(self, search: traces.Search) -> None:
        """Logs lose the words; what can be made again goes whole."""
        for path in traces.files_with(search, _log_folders()):
            traces.clean_file(path, search)
        for path in traces.files_with(search, _work_folders()):
            path.unlink(missing_ok=True)

    def _note(self, person: Person, rows: int, is_done: bool) -> None:
        self._log.add(
            "erase",
            "ok" if is_done else "failed",
            source=person.source,
            rows=rows,
            error=None if is_done else f"{person.kind}: something is left, or dbt failed",
        )
        with self._lock.transaction() as cursor:
            waiting = self._log.insert_waiting(cursor)
        self._log.written(waiting)


def relations_below(chosen: Warehouse, selection: Sequence[str]) -> list[Destination]:
    """The tables and histories that dbt builds of some sources.

    Raises:
        SettingsError: dbt cannot read the project.
    """
    found = list_nodes(
        chosen,
        ("schema", "alias", "config"),
        select=selection,
        types=("model", "snapshot"),
    )
    return sorted(
        Destination(node["schema"], node["alias"])
        for node in found
        if node["config"].get("materialized") in _BUILT
    )


def as_table(before: _Counted, after: _Counted | None) -> str:
    """Place by place how many rows held the person, and hold them now, for 80 columns."""
    then = before.lines
    now: Mapping[str, int] = after.lines if after else {}
    lines = [(name, f"{n:,}", f"{now[name]:,}" if after else "") for name, n in then.items()]
    total = f"{after.total:,}" if after else ""
    return tabulate(
        [*lines, ("total", f"{before.total:,}", total)],
        headers=("rows that hold the person", "before", "after"),
        colalign=("left", "right", "right"),
        disable_numparse=True,
    )


def _log_folders() -> list[Path]:
    variables = child_environment()
    own = [LOG_DIR, _folder(variables, "DBT_LOG_PATH", "logs")]
    return [path for path in dict.fromkeys(own) if path.is_dir()]


def _work_folders() -> list[Path]:
    variables = child_environment()
    own = [_folder(variables, "DBT_TARGET_PATH", "target"), STATE_DIR / "runs", REPORTS]
    return [path for path in own if path.is_dir()]


def _folder(variables: Mapping[str, str], name: str, default: str) -> Path:
    return (ROOT / (variables.get(name) or default)).resolve()


def _end() -> None:
    # Another run may hold the lock by now, and a transaction in another thread cannot be stopped.
    complain("entrepot erase: the connection that held the lock was lost; the run ends here.")
    os._exit(1)
