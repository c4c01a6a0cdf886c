"""`entrepot monitor`: what is in the warehouse and how it got there, from statistics alone."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

from tabulate import tabulate

from ingest.settings import Warehouse
from ingest.warehouse import connect

# Rows are the server's estimate, and size is what the object takes on disk with its indexes.
OBJECTS = """
with objects as (
    select
        namespace.nspname as schema_name,
        class.relname as object_name,
        class.relkind,
        greatest(class.reltuples, coalesce(activity.n_live_tup, 0))::bigint as rows,
        pg_total_relation_size(class.oid) as bytes
    from pg_class as class
    inner join pg_namespace as namespace on namespace.oid = class.relnamespace
    left join pg_stat_user_tables as activity on activity.relid = class.oid
    where
        class.relkind in ('r', 'p', 'm')
        and class.relname not like '\\_dlt\\_%%'
        and (
            namespace.nspname like 'raw\\_%%' or namespace.nspname like 'dwh\\_%%'
            or namespace.nspname in ('ods', 'etl')
        )
        and (namespace.nspname not like '%%\\_staging' or namespace.nspname = 'dwh_staging')
),

lines as (
    select
        case when source = 'dbt' then null else 'raw_' || source end as raw_schema,
        table_name,
        max(logged_at) filter (where status in ('ok', 'warn')) as last_ok,
        max(logged_at) filter (where status in ('ok', 'warn') and rows > 0) as last_change
    from etl.run_log
    where step in ('load', 'build', 'snapshot')
    group by 1, 2
)

select
    objects.schema_name,
    objects.object_name,
    objects.rows,
    objects.bytes,
    lines.last_ok,
    lines.last_change
from objects
left join lines
    on objects.object_name = lines.table_name
    and (
        objects.schema_name = lines.raw_schema
        or (lines.raw_schema is null and objects.schema_name not like 'raw\\_%%')
    )
order by
    case
        when objects.schema_name like 'raw\\_%%' then 1
        when objects.schema_name = 'ods' then 2
        when objects.schema_name = 'dwh_reference' then 3
        when objects.schema_name = 'dwh_dimensions' then 5
        when objects.schema_name = 'dwh_facts' then 6
        when objects.schema_name = 'dwh_marts' then 7
        else 8
    end,
    objects.schema_name,
    objects.object_name
"""

RUNS = """
select
    run_id,
    min(logged_at) as began_at,
    string_agg(distinct step, ', ' order by step) as steps,
    count(*) filter (where status in ('ok', 'warn')) as ok,
    count(*) filter (where status = 'failed') as failed,
    extract(epoch from max(logged_at) - min(logged_at)) as seconds
from etl.run_log
group by run_id
order by min(logged_at) desc
limit 5
"""

REJECTS = """
select
    source || '.' || table_name as table_name,
    reason,
    count(*) as rows,
    max(rejected_at) as last_at
from etl.rejects
group by 1, 2
order by 3 desc
limit 10
"""

FILES = """
select status, count(*) as files, sum(rows_landed) as landed, sum(rows_rejected) as rejected
from etl.file_ledger
group by status
order by status
"""

UNDATED = """
select source || '.' || table_name as table_name, image_rows, rows_without_cursor, last_full_at
from etl.source_tables
where rows_without_cursor > 0
order by 1
"""


def _size(count: int) -> str:
    value = float(count)
    for unit in ("B", "kB", "MB", "GB"):
        if value < 1024 or unit == "GB":
            return f"{value:.0f} {unit}"
        value /= 1024
    raise AssertionError("unreachable")


def _ago(moment: datetime | None) -> str:
    """How long ago, in the largest unit that fits: `12 s`, `3 min`, `5 h`, `8 d`."""
    if moment is None:
        return ""
    seconds = max(0.0, (datetime.now(UTC) - moment).total_seconds())
    for unit, length in (("d", 86400), ("h", 3600), ("min", 60)):
        if seconds >= length:
            return f"{seconds // length:.0f} {unit}"
    return f"{seconds:.0f} s"


def _thousands(count: int | None) -> str:
    return "" if count is None else f"{count:,}".replace(",", " ")


def _by_layer(objects: list[dict[str, Any]]) -> list[tuple[str, ...]]:
    """One line per object under one line per schema, so that both fit into 80 columns."""
    lines: list[tuple[str, ...]] = []
    schema = None
    for found in objects:
        if found["schema_name"] != schema:
            schema = found["schema_name"]
            lines.append((schema, "", "", "", ""))
        lines.append(
            (
                f"  {found['object_name']}",
                _thousands(found["rows"]),
                _size(found["bytes"]),
                _ago(found["last_ok"]),
                _ago(found["last_change"]),
            )
        )
    return lines


def collect(warehouse: Warehouse) -> dict[str, list[dict[str, Any]]]:
    """The lists of the monitor: objects, files by status, last runs, rejects, undated rows."""
    opened = connect(warehouse, autocommit=True)
    try:
        found = {}
        for name, query in {
            "objects": OBJECTS,
            "files": FILES,
            "runs": RUNS,
            "rejects": REJECTS,
            "undated": UNDATED,
        }.items():
            with opened.cursor() as cursor:
                cursor.execute(query.replace("%%", "%"))
                columns = [column.name for column in cursor.description or ()]
                found[name] = [dict(zip(columns, row, strict=True)) for row in cursor]
        return found
    finally:
        opened.close()


def show_monitor(warehouse: Warehouse, *, as_json: bool = False) -> None:
    """Print the monitor as tables at 80 columns, or as JSON."""
    found = collect(warehouse)
    if as_json:
        print(json.dumps(found, default=str, ensure_ascii=False, indent=1))
        return
    print(
        tabulate(
            _by_layer(found["objects"]),
            headers=("object", "rows", "size", "loaded", "changed"),
            colalign=("left", "right", "right", "right", "right"),
            disable_numparse=True,
            preserve_whitespace=True,
        )
    )
    print()
    print(
        tabulate(
            [
                (
                    line["status"],
                    _thousands(line["files"]),
                    _thousands(line["landed"]),
                    _thousands(line["rejected"]),
                )
                for line in found["files"]
            ],
            headers=("files", "count", "rows landed", "rows rejected"),
            colalign=("left", "right", "right", "right"),
            disable_numparse=True,
        )
    )
    print()
    print(
        tabulate(
            [
                (
                    line["run_id"][:22],
                    _ago(line["began_at"]),
                    line["steps"],
                    line["ok"],
                    line["failed"],
                    round(line["seconds"], 1),
                )
                for line in found["runs"]
            ],
            headers=("last runs", "began", "steps", "ok", "failed", "s"),
        )
    )
    if found["rejects"]:
        print()
        print(
            tabulate(
                [
                    (line["table_name"], line["reason"], line["rows"], _ago(line["last_at"]))
                    for line in found["rejects"]
                ],
                headers=("rejects of", "reason", "rows", "last"),
            )
        )
    if found["undated"]:
        print()
        print(
            tabulate(
                [
                    (
                        line["table_name"],
                        _thousands(line["image_rows"]),
                        _thousands(line["rows_without_cursor"]),
                        _ago(line["last_full_at"]),
                    )
                    for line in found["undated"]
                ],
                headers=("rows that only a full load brings", "of", "rows", "last full"),
                disable_numparse=True,
            )
        )
