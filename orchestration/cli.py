"""The command `entrepot`: set-up, the embedded server, builds, docs, checks and the monitor."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Annotated

import psycopg2
import typer

from ingest import server
from ingest.console import complain, prepare_streams
from ingest.settings import (
    ROOT,
    SettingsError,
    Warehouse,
    child_environment,
    warehouse,
)
from ingest.warehouse import WarehouseError, connect, prepare

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Entrepôt: file drops and databases, landed and built into tested star schemas.",
)

reader = typer.Typer(no_args_is_help=True, help="Add, list and remove those who read the marts.")
app.add_typer(reader, name="reader")

Target = Annotated[
    str | None, typer.Option(help="Target of profiles.yml: dev, test, prod or prod_test.")
]


def raw_schemas() -> list[str]:
    """The landing schemas of every declared source, enabled or not."""
    from ingest.catalog import load_catalog

    return sorted({source.schema for source in load_catalog().sources})


def _ready(target: str | None) -> Warehouse:
    """The warehouse of a target; the embedded server is started if it is down."""
    chosen = warehouse(target)
    server.ensure_up(chosen, raw_schemas())
    return chosen


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


def _administrator(chosen: Warehouse) -> Warehouse:
    """The login that may make roles: set-up's own, else DWH_ADMIN_USER, else the profile's."""
    if chosen.embedded:
        return server.admin(chosen.dbname)
    variables = child_environment()
    user = variables.get("DWH_ADMIN_USER")
    return chosen.with_login(user, variables.get("DWH_ADMIN_PASSWORD", "")) if user else chosen


@app.command("prepare")
def prepare_target(target: Target = None) -> None:
    """Make roles, schemas, control tables and rights in a target's database.

    DWH_ADMIN_USER and DWH_ADMIN_PASSWORD name a login that may do so; by default the profile's own.

    Example: entrepot prepare --target prod
    """
    chosen = warehouse(target)
    if chosen.embedded:
        server.up()
        server.prepare_databases(raw_schemas())
    else:
        opened = connect(_administrator(chosen))
        prepare(opened, chosen.user, raw_schemas())
        opened.close()
    print(f"Prepared {chosen.dbname} on {chosen.host}:{chosen.port}.")


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


@app.command(context_settings={"allow_extra_args": True, "ignore_unknown_options": True})
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

    raise typer.Exit(open_psql(warehouse(target), role, context.args))


@app.command(context_settings={"allow_extra_args": True, "ignore_unknown_options": True})
def build(context: typer.Context, target: Target = None) -> None:
    """Run `dbt build` alone on the warehouse; what follows goes to dbt as it is.

    Example: entrepot build --select fait_nuitees+
    """
    from orchestration.dbt import run_dbt

    chosen = _ready(target)
    raise typer.Exit(run_dbt(chosen, ["build", *context.args]))


@app.command()
def docs(target: Target = None) -> None:
    """Write the docs site as one static page and say where to open it.

    Example: entrepot docs
    """
    from orchestration.docs import write_docs

    chosen = _ready(target)
    print(f"Docs: open {write_docs(chosen)} in a browser.")


@app.command()
def demo() -> None:
    """Fill the embedded warehouse from made-up deliveries, build it, and say how to look at it.

    Example: entrepot demo
    """
    from orchestration.demo import run_demo

    raise typer.Exit(run_demo())


@app.command()
def monitor(
    target: Target = None,
    as_json: Annotated[bool, typer.Option("--json", help="For a program.")] = False,
) -> None:
    """Show rows, size, last load and last change of each object, the last runs and the rejects.

    Example: entrepot monitor
    """
    from orchestration.monitor import show_monitor

    chosen = _ready(target)
    show_monitor(chosen, as_json=as_json)


@app.command("sync-columns")
def sync_columns(
    source: str,
    table: Annotated[list[str] | None, typer.Argument(help="All declared ones by default.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show, and write nothing.")] = False,
    target: Target = None,
) -> None:
    """Bring the declaration of source tables in line with the source; what is written stays.

    A table that is not declared yet gets an entry: columns, types, labels, and a guess of its key.

    Example: entrepot sync-columns erp soumission
    """
    from orchestration import sync_columns as syncing

    chosen = _ready(target)
    raise typer.Exit(syncing.sync_columns(chosen, source, table or [], dry_run=dry_run))


@app.command()
def purge(
    source: Annotated[str | None, typer.Option(help="Only tables of this source.")] = None,
    table: Annotated[str | None, typer.Option(help="Only this table.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Count, take out nothing.")] = False,
    today: Annotated[str | None, typer.Option(help="The day to count from, YYYY-MM-DD.")] = None,
    target: Target = None,
) -> None:
    """Take rows past their declared `retention` out of raw, ods and the rejects, for good.

    The next build takes them out of facts and marts. Exit codes: 0 all well; 1 a table failed;
    2 the request or the settings are wrong.

    Example: entrepot purge --source commandes --dry-run
    """
    from orchestration.purge import run_purge

    chosen = _ready(target)
    raise typer.Exit(run_purge(chosen, source, table, dry_run=dry_run, today=today))


@app.command()
def erase(
    subject: Annotated[str, typer.Option(help="The key of the person, or kind:key.")],
    source: Annotated[str | None, typer.Option(help="Only what this source tells.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Count, erase nothing.")] = False,
    target: Target = None,
) -> None:
    """Take one person out of raw, ods, rejects and logs, build what is below, and print the proof.

    The person does not land again. Exit codes: 0 nothing is left; 1 something is; 2 the request or
    the settings are wrong, or nobody is known by that key.

    Example: entrepot erase --subject client:1042 --source erp
    """
    from orchestration.erase import run_erase

    chosen = _ready(target)
    raise typer.Exit(run_erase(chosen, subject, source, dry_run=dry_run))


@reader.command("add")
def reader_add(
    name: str,
    zone: Annotated[
        list[str] | None, typer.Option(help="Code of a zone to see; may be repeated.")
    ] = None,
    target: Target = None,
) -> None:
    """Make a login that reads the marts: every row or, with --zone, the rows of these zones.

    Its password is asked for on a terminal, or made and shown once. Needs the rights of `prepare`.

    Example: entrepot reader add aya --zone VRIDI --zone YOPOUGON
    """
    from orchestration import readers

    chosen = _ready(target)
    readers.add(chosen, _administrator(chosen), name, zone or [])


@reader.command("list")
def reader_list(target: Target = None) -> None:
    """List who reads the marts, and which zones.

    Example: entrepot reader list
    """
    from orchestration import readers

    chosen = _ready(target)
    readers.show(_administrator(chosen))


@reader.command("remove")
def reader_remove(name: str, target: Target = None) -> None:
    """Drop a login that `entrepot reader add` made, and end its sessions.

    Example: entrepot reader remove aya
    """
    from orchestration import readers

    chosen = _ready(target)
    readers.remove(_administrator(chosen), name)


def _developers_python(*arguments: str) -> int:
    return subprocess.run(
        [sys.executable, *arguments], cwd=ROOT, env=child_environment(), check=False
    ).returncode


@app.command(context_settings={"allow_extra_args": True, "ignore_unknown_options": True})
def test(context: typer.Context) -> None:
    """Run every test that this machine can run; all of them on several cores, a file on each.

    Example: entrepot test tests/unit -k ledger
    """
    # One more than there are cores: each waits for its servers now and then.
    workers = str(min(4, (os.cpu_count() or 1) + 1))
    spread = ["-n", workers, "--dist", "loadgroup", "--no-loadscope-reorder"]
    chosen = context.args or spread
    raise typer.Exit(_developers_python("-m", "pytest", "-m", "not long", *chosen))


@app.command("test-long", context_settings={"allow_extra_args": True})
def test_long(context: typer.Context) -> None:
    """Run the long forms of the property, crash and concurrency tests (hours).

    Example: entrepot test-long
    """
    raise typer.Exit(_developers_python("-m", "pytest", "--long", *context.args))


@app.command()
def lint() -> None:
    """Check style, types, SQL, project rules and that the lock files are current.

    Example: entrepot lint
    """
    from orchestration.lint import run_lint

    raise typer.Exit(run_lint())


@app.command()
def lock() -> None:
    """Write requirements.txt and requirements-dev.txt anew from pyproject.toml.

    Example: entrepot lock
    """
    from orchestration.lint import write_locks

    raise typer.Exit(write_locks(ROOT))


@app.command(context_settings={"allow_extra_args": True, "ignore_unknown_options": True})
def bench(context: typer.Context) -> None:
    """Run the measurements behind the speeds that the README states.

    Example: entrepot bench landing
    """
    raise typer.Exit(_developers_python("-m", "bench", *context.args))


def main() -> None:
    """Run a command; what a person can mend is one line and exit code 2, never a traceback."""
    prepare_streams()
    os.chdir(ROOT)
    if str(ROOT) not in sys.path:
        sys.path.insert(0, str(ROOT))
    from ingest.catalog import CatalogError

    try:
        app()
    except (SettingsError, WarehouseError, server.ServerError, CatalogError) as error:
        complain(f"entrepot: {error}")
        sys.exit(2)
    except psycopg2.Error as error:
        complain(f"entrepot: the database refused: {str(error).strip().splitlines()[0]}")
        sys.exit(1)
    except OSError as error:
        complain(f"entrepot: {error.strerror or error} {Path(error.filename or '').name}")
        sys.exit(1)


if __name__ == "__main__":
    main()
