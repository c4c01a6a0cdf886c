"""What the commands share: the option --target, and a warehouse that is ready to be used."""

from __future__ import annotations

from typing import Annotated

import typer

from ingest import server
from ingest.settings import Warehouse, child_environment, warehouse
from ingest.warehouse import connect, prepare

Target = Annotated[
    str | None, typer.Option(help="Target of profiles.yml: dev, test, prod or prod_test.")
]
# Arguments that go on to another program as they are.
PASSED_ON = {"allow_extra_args": True, "ignore_unknown_options": True}


def raw_schemas() -> list[str]:
    """The landing schemas of every declared source, enabled or not."""
    from ingest.catalog import load_catalog

    return sorted({source.schema for source in load_catalog().sources})


def ready(target: str | None) -> Warehouse:
    """The warehouse of a target, which answers; the embedded server is started if it is down.

    Raises:
        SettingsError: there is no such target, or its settings are wrong.
        WarehouseError: it does not answer; before dbt or psql say so in their own many words.
    """
    chosen = warehouse(target)
    server.ensure_up(chosen, raw_schemas())
    connect(chosen).close()
    return chosen


def make_ready(target: str | None) -> Warehouse:
    """The warehouse of a target, its roles, schemas, control tables and rights made if need be.

    Raises:
        SettingsError: there is no such target, or its settings are wrong.
        WarehouseError: it does not answer, or something is missing that may not be made here.
    """
    chosen = warehouse(target)
    if chosen.embedded:
        server.up()
        server.prepare_databases(raw_schemas(), chosen.dbname)
    # Also where all was made before: rights that somebody changed since are put back.
    opened = connect(administrator(chosen))
    try:
        prepare(opened, chosen.user, raw_schemas())
    finally:
        opened.close()
    return chosen


def administrator(chosen: Warehouse) -> Warehouse:
    """The login that may make roles: set-up's own, else DWH_ADMIN_USER, else the profile's."""
    if chosen.embedded:
        return server.steward(chosen.dbname)
    variables = child_environment()
    user = variables.get("DWH_ADMIN_USER")
    return chosen.with_login(user, variables.get("DWH_ADMIN_PASSWORD", "")) if user else chosen
