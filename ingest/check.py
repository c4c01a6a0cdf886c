"""`--check`: the declarations are valid; what would run, from where. Connects to nothing."""

from __future__ import annotations

import json

from ingest.catalog import FilesOrigin, Generated, LinesOrigin, Table, load_catalog
from ingest.options import Options
from ingest.plan import make_plan
from ingest.settings import environment


def check(options: Options) -> int:
    """Print what a run with these options would do; returns 0.

    Raises:
        CatalogError, UnknownSelection, SettingsError: what is wrong with it.
    """
    request = options.request
    plan = make_plan(load_catalog(), request.select, environment(), request.data_path)
    arrives = {table.key: stop.connection for stop in plan.stops for table in stop.selected}
    rows = [
        {
            "table": table.key,
            "priority": table.priority.name,
            "road": _road(table),
            "from": arrives.get(table.key, "" if isinstance(table.origin, Generated) else "-"),
            "what": _what(table),
        }
        for table in plan.tables
    ]
    if options.json:
        print(json.dumps({"tables": rows, "skipped": plan.skipped}, indent=2, ensure_ascii=False))
        return 0
    from tabulate import tabulate

    print(tabulate(rows, headers="keys"))
    for line in plan.skipped:
        print(line)
    print(f"{len(rows)} tables declared, all valid.")
    return 0


def _road(table: Table) -> str:
    if isinstance(table.origin, Generated):
        return "generated"
    return "files" if isinstance(table.origin, FilesOrigin | LinesOrigin) else "database"


def _what(table: Table) -> str:
    origin = table.origin
    if isinstance(origin, Generated):
        return f"ingest.reference: {table.name}"
    if isinstance(origin, FilesOrigin | LinesOrigin):
        return ", ".join(origin.patterns)
    return origin.relation
