"""`entrepot preflight`: before a run, is everything there that it will need?

A page for each kind of thing that is looked at: settings, warehouse, disk, sources, tools.
"""

from __future__ import annotations

from ingest.catalog import Catalog, CatalogError, Table, UnknownSelection, load_catalog, select
from ingest.settings import SettingsError, Warehouse, environment
from ingest.settings import warehouse as warehouse_of
from orchestration.preflight.disk import check_disk
from orchestration.preflight.model import TOOL, WAREHOUSE, Check, exit_code, guarded
from orchestration.preflight.settings import check_env_file, check_profiles, check_pseudonyms
from orchestration.preflight.warehouse import check_warehouse

__all__ = ["Check", "exit_code", "preflight"]


def preflight(target: str | None, table: str | None = None, *, quick: bool = False) -> list[Check]:
    """Look at what a run needs, in the order in which it would miss it.

    Args:
        target: of profiles.yml; its own by default.
        table: `source.table` or a source: look only at what it needs. Default: all that is listed.
        quick: only settings, warehouse, rights and disk, in under a second; no source is asked.

    Raises:
        SettingsError: `table` names nothing that is declared.
    """
    try:
        catalog = load_catalog()
    except CatalogError as error:
        mend = "mend the entry; `python ingest/run_all.py --check` shows them all"
        return [Check("declarations", "FAIL", line, mend, WAREHOUSE) for line in error.problems]
    tables = _selected(catalog, table)
    variables = environment()
    said = f"{len(tables)} tables of {len({one.source for one in tables})} sources"
    found = [Check("declarations", "OK", said, scope=WAREHOUSE)]
    found += guarded(".env", TOOL, lambda: check_env_file(catalog))
    found += guarded("profiles.yml", WAREHOUSE, lambda: check_profiles(target))
    found += guarded("pseudonyms", TOOL, lambda: check_pseudonyms(tables, variables))
    chosen = _warehouse(target)
    if chosen is not None:
        schemas = sorted({source.schema for source in catalog.sources})
        found += guarded("warehouse", WAREHOUSE, lambda: check_warehouse(chosen, schemas))
    found += guarded("disk", TOOL, lambda: check_disk(chosen))
    if quick:
        return found
    # Imported now: the readers of every kind of source are not free.
    from orchestration.preflight.sources import check_sources
    from orchestration.preflight.tools import check_dbt, check_prefect

    found += guarded(
        "place",
        TOOL,
        lambda: check_sources(catalog, tables, variables, named=table is not None),
    )
    found += guarded("dbt", TOOL, check_dbt)
    if table is None:
        found += guarded("Prefect server", TOOL, lambda: check_prefect(catalog, variables))
    return found


def _selected(catalog: Catalog, table: str | None) -> tuple[Table, ...]:
    try:
        return select(catalog, [table] if table else [])
    except UnknownSelection as error:
        raise SettingsError(str(error).removeprefix("--select ")) from None


def _warehouse(target: str | None) -> Warehouse | None:
    """The target, or None: the check of profiles.yml has said what is wrong with it."""
    try:
        return warehouse_of(target)
    except SettingsError:
        return None
