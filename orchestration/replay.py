"""`entrepot replay`: files with rejects read again as they are declared now, told file by file."""

from __future__ import annotations

import json
from collections.abc import Sequence
from contextlib import closing

from psycopg2 import sql
from tabulate import tabulate

from ingest.catalog import Table, load_catalog
from ingest.console import complain
from ingest.files.errors import PlaceUnreachable
from ingest.loader import LoadFailed
from ingest.lock import Locked, LockLost
from ingest.replaying import Judged, Replay, known_as
from ingest.runlog import RunLog, own_run_id
from ingest.settings import LOG_DIR, TRANSFORMER_ROLE, SettingsError, Warehouse, environment
from ingest.warehouse import connect, transaction
from ingest.wishes import matches
from orchestration.builds import writers_lock

WIDEST_NAME = 44
BY_THEMSELVES = "What staging rejects is judged anew in every build, without a replay."


def run_replay(
    chosen: Warehouse, words: Sequence[str], *, dry_run: bool = False, as_json: bool = False
) -> int:
    """Read again what failed or has rejects and land what reads better; returns the exit code.

    Raises:
        SettingsError: a word names neither a table nor a file that failed or has rejects.
    """
    catalog = load_catalog()
    named = {word: known_as(catalog, word) for word in words}

    def is_wanted(table: Table, path: str) -> bool:
        return not words or any(
            table.key in keys or (path and not keys and matches(path, word))
            for word, keys in named.items()
        )

    log = RunLog(own_run_id(environment()), LOG_DIR)
    failure: str | None = None
    replay = Replay(chosen, log, is_wanted)
    try:
        judged = replay.judge()
        for word, keys in named.items():
            if not keys and not any(matches(one.path, word) for one in judged):
                raise SettingsError(
                    f"{word}: no table, and no file that failed or has rejects, is called so"
                )
        better = [one.file_id for one in judged if one.reads_better]
        if better and not dry_run:
            # No build between the two: it would take the old rows for all that there is.
            with writers_lock(chosen):
                forget(chosen, better)
                replay.land()
    except (PlaceUnreachable, LoadFailed, Locked, LockLost) as error:
        failure = str(error)
    finally:
        log.close()
    if failure:
        complain(f"entrepot replay: {failure}")
        return 1
    told = as_json_text if as_json else as_text
    print(told(judged, replay.of_databases(), dry_run=dry_run))
    return 0


def forget(chosen: Warehouse, file_ids: Sequence[str]) -> None:
    """Have the helper models (`int_...`) forget what they read in some files.

    A content never changes, so they read each once. One whose rows are about to change is to be
    read by the next build as if it had just come, with all that follows from its slices.
    """
    with closing(connect(chosen, role=TRANSFORMER_ROLE)) as opened, transaction(opened) as cursor:
        cursor.execute(
            """
            select namespaces.nspname, classes.relname, attributes.attname
            from pg_class as classes
            inner join pg_namespace as namespaces on classes.relnamespace = namespaces.oid
            inner join pg_attribute as attributes on attributes.attrelid = classes.oid
            where
                namespaces.nspname = 'dwh_facts'
                and classes.relname like 'int\\_%'
                and classes.relkind = 'r'
                and attributes.attname like '\\_file\\_id%'
            """
        )
        for schema, table, column in cursor.fetchall():
            cursor.execute(
                sql.SQL("delete from {} where {} = any(%s)").format(
                    sql.Identifier(schema, table), sql.Identifier(column)
                ),
                (list(file_ids),),
            )


def as_text(judged: Sequence[Judged], of_databases: dict[str, int], *, dry_run: bool) -> str:
    """What became of each file, for 80 columns."""
    said = []
    if judged:
        said.append(
            tabulate(
                [_line(one) for one in judged],
                headers=["file", "rejects", "now", "rows\nwon", ""],
                colalign=("left", "right", "right", "right", "left"),
                disable_numparse=True,
            )
        )
        said += [f"{one.path}: {one.failure}" for one in judged if one.failure]
    else:
        said.append("No file failed or has rejects of the landing: there is nothing to replay.")
    for key, count in of_databases.items():
        said.append(
            f"{key}: {count} rejected keys; the next full load decides:\n"
            f"  python ingest/run_all.py --mode full --select {key}"
        )
    said.append(BY_THEMSELVES)
    if dry_run:
        said.append("Nothing was landed (--dry-run).")
    elif any(one.landed for one in judged):
        said.append("`entrepot build` takes it into facts and marts.")
    return "\n".join(said)


def as_json_text(judged: Sequence[Judged], of_databases: dict[str, int], *, dry_run: bool) -> str:
    """The same for a program."""
    files = [
        {
            "path": one.path,
            "table": one.table.key,
            "rejects_before": one.before,
            "rejects_after": one.after,
            "rows_won": one.won,
            "landed": one.landed,
            "failure": one.failure,
        }
        for one in judged
    ]
    values = {"dry_run": dry_run, "files": files, "rejected_keys": of_databases}
    return json.dumps(values, ensure_ascii=False, indent=2)


def _line(one: Judged) -> list[str]:
    name = one.path if len(one.path) <= WIDEST_NAME else f"…{one.path[1 - WIDEST_NAME :]}"
    before = "failed" if one.before is None else f"{one.before:,}"
    if one.failure:
        return [name, before, "-", "", "as it was"]
    what = "as it was"
    if one.reads_better:
        what = "landed" if one.landed else "would land"
    elif one.before is not None and (one.after or 0) > one.before:
        what = "worse now"
    won = f"{one.won:,}" if one.reads_better else ""
    return [name, before, f"{one.after:,}", won, what]
