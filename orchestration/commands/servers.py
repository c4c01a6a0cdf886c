"""Commands about the server and the databases: setup, init, up, down, status, psql."""

from __future__ import annotations

from typing import Annotated

import typer

from ingest import server
from ingest.rights import administrators_sql
from ingest.settings import warehouse
from orchestration.commands.shared import PASSED_ON, Target, make_ready, raw_schemas, ready

app = typer.Typer()


@app.command()
def setup() -> None:
    """Make the embedded server, its databases, profiles.yml and .env.

    Example: entrepot setup
    """
    from orchestration.demo import ensure_env_file

    ensure_env_file()
    found = server.up()
    server.prepare_databases(raw_schemas())
    print(f"Ready: PostgreSQL on 127.0.0.1:{found.port}, settings in profiles.yml and .env.")


@app.command("init")
def init_target(
    print_sql: Annotated[
        bool,
        typer.Option("--print-sql", help="Print what an administrator runs; connects to nothing."),
    ] = False,
    target: Target = None,
) -> None:
    """Make roles, schemas, control tables and rights in a target's database.

    No superuser is needed: DWH_ADMIN_USER and DWH_ADMIN_PASSWORD name a login
    that may create roles and owns the database; by default the profile's.
    Where neither may, an administrator runs once what --print-sql prints,
    and this command does the rest.

    Example: entrepot init --target prod
    """
    chosen = warehouse(target)
    if print_sql:
        print(administrators_sql(chosen.user, chosen.dbname), end="")
        return
    make_ready(target)
    print(f"{chosen.dbname} on {chosen.host}:{chosen.port} is ready.")


@app.command()
def up(port: Annotated[int | None, typer.Option(help="Listen here from now on.")] = None) -> None:
    """Start the embedded PostgreSQL (made first if need be).

    Example: entrepot up
    """
    found = server.up(port)
    server.prepare_databases(raw_schemas())
    print(f"PostgreSQL is up on 127.0.0.1:{found.port} (process {found.pid}).")


@app.command()
def down() -> None:
    """Stop the embedded PostgreSQL.

    Example: entrepot down
    """
    print("PostgreSQL is down." if server.down() else "PostgreSQL was not running.")


@app.command()
def status() -> None:
    """Say whether the embedded PostgreSQL runs; exit code 1 when it does not.

    Example: entrepot status
    """
    found = server.status()
    if found.running:
        print(f"PostgreSQL is up on 127.0.0.1:{found.port} (process {found.pid}).")
        return
    print("PostgreSQL is down." if found.data else "There is no embedded PostgreSQL yet.")
    raise typer.Exit(1)


@app.command(context_settings=PASSED_ON)
def psql(
    context: typer.Context,
    role: Annotated[
        str, typer.Option(help="owner (the profile's login) or reader (what a BI tool sees).")
    ] = "owner",
    target: Target = None,
) -> None:
    """Open psql on the warehouse; what follows goes to psql as it is.

    Example: entrepot psql --role reader -c "select * from dwh_marts.mart_tourisme_sejours limit 5"
    """
    from orchestration.psql import open_psql

    raise typer.Exit(open_psql(ready(target), role, context.args))
