"""What a build has to look at: the source tables that changed since the last good one.

The state of a table of files is what the ledger says of its deliveries: a file that was sent again
changes which one wins without a row being landed. With it goes, and of any other table it is all,
the moment of the last step that changed rows, or took a delivery out or put it back: a delivery
that was put back gives the ledger of before, while a build may have seen what was between. A state
that the last good build has not seen is to be built, so neither a crash nor a failed build loses
anything.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from psycopg2.extras import execute_values

from ingest.settings import LOADER_ROLE, ROOT, Warehouse
from ingest.warehouse import connect, transaction

# What the models are made from.
PROJECT_FOLDERS = ("models", "seeds", "macros", "tests/data", "analyses", "snapshots")
PROJECT, DAY = ("*", "project"), ("*", "day")
# The users' own day: marts with an age in them change with it (models tagged `daily`).
TIME_ZONE = ZoneInfo("Europe/Paris")

STATES = """
with files as (
    select
        source,
        table_name,
        md5(string_agg(
            concat_ws(' ', delivery_id, status, delivered_at, rows_landed), ',' order by delivery_id
        )) as files
    from etl.file_ledger
    where table_name is not null
    group by source, table_name
),

changes as (
    select source, table_name, max(logged_at) as changed_at
    from etl.run_log
    where
        ((step in ('load', 'purge', 'erase') and rows > 0) or step = 'withdraw')
        and source <> 'dbt'
    group by source, table_name
)

select
    coalesce(files.source, changes.source),
    coalesce(files.table_name, changes.table_name),
    concat_ws(' ', files.files, changes.changed_at)
from files
full join changes using (source, table_name)
"""

Key = tuple[str, str]


@dataclass(frozen=True, slots=True)
class ToBuild:
    """What the next build is to select, and the states that it will have seen when it was good.

    `everything`: the project itself changed. `selectors`: for `dbt build --select`, none if there
    is nothing to build.
    """

    everything: bool
    selectors: tuple[str, ...]
    states: Mapping[Key, str]

    @property
    def is_empty(self) -> bool:
        return not (self.everything or self.selectors)


def project_fingerprint() -> str:
    """What the models are made from, as a hash: dbt's own files of this project."""
    digest = hashlib.sha256()
    pages = [ROOT / "dbt_project.yml"]
    for folder in PROJECT_FOLDERS:
        pages += sorted(path for path in (ROOT / folder).rglob("*") if path.is_file())
    for page in pages:
        digest.update(str(page.relative_to(ROOT)).encode())
        digest.update(page.read_bytes())
    return digest.hexdigest()


def to_build(home: Warehouse, tables: Collection[Key], now: datetime | None = None) -> ToBuild:
    """What changed of these tables (source, name) since a build saw them; ask under the lock.

    Args:
        now: the moment that says which day it is; by default this one.
    """
    opened = connect(home, role=LOADER_ROLE)
    try:
        with transaction(opened) as cursor:
            cursor.execute(STATES)
            found: dict[Key, str] = {(row[0], row[1]): row[2] for row in cursor.fetchall()}
            cursor.execute("select source, table_name, state from etl.built_states")
            seen: dict[Key, str] = {(row[0], row[1]): row[2] for row in cursor.fetchall()}
    finally:
        opened.close()
    today = (now or datetime.now(TIME_ZONE)).astimezone(TIME_ZONE).date().isoformat()
    states = {key: found.get(key, "") for key in tables}
    states |= {PROJECT: project_fingerprint(), DAY: today}
    changed = [key for key, state in states.items() if seen.get(key) != state]
    if PROJECT in changed:
        # A build of everything has seen every table, whoever asked for it.
        return ToBuild(True, (), {**found, **states})
    selectors = [f"source:{source}.{table}+" for source, table in changed if source != "*"]
    selectors += ["tag:daily+"] if DAY in changed else []
    return ToBuild(False, tuple(sorted(selectors)), states)


def note_built(home: Warehouse, done: ToBuild) -> None:
    """Keep that a good build has seen these states."""
    opened = connect(home, role=LOADER_ROLE)
    try:
        with transaction(opened) as cursor:
            execute_values(
                cursor,
                "insert into etl.built_states (source, table_name, state) values %s"
                " on conflict (source, table_name) do update"
                " set state = excluded.state, built_at = excluded.built_at"
                " where built_states.state <> excluded.state",
                [(*key, state) for key, state in done.states.items()],
            )
    finally:
        opened.close()
