"""`entrepot replay`: files with rejects read again as they are declared now, told file by file."""

from __future__ import annotations

import json
from collections.abc import Sequence
from contextlib import closing

from tabulate import tabulate

from ingest.catalog import Table, load_catalog
from ingest.console import complain
from ingest.files.errors import PlaceUnreachable
from ingest.loader import LoadFailed
from ingest.lock import Locked, LockLost
from ingest.replaying import Judged, Replay, known_as
from ingest.runlog import RunLog, own_run_id
from ingest.settings import LOADER_ROLE, LOG_DIR, SettingsError, Warehouse, environment
from ingest.warehouse import connect, transaction
from ingest.wishes import matches

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
        if not dry_run:
            replay.land()
    except (PlaceUnreachable, LoadFailed, Locked, LockLost) as error:
        failure = str(error)
        log.add("replay", "failed", error=failure)
        with closing(connect(chosen, role=LOADER_ROLE)) as opened, transaction(opened) as cursor:
            log.insert_waiting(cursor)
    finally:
        log.close()
    if failure:
        complain(f"entrepot replay: {failure}")
        return 1
    told = as_json_text if as_json else as_text
    print(told(judged, replay.of_databases(), dry_run=dry_run))
    return 0


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
