"""The command `entrepot`: its pages of commands, and what its user is told on errors."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import psycopg2
import typer

from ingest import server
from ingest.console import complain, prepare_streams
from ingest.settings import ROOT, SettingsError
from ingest.warehouse import WarehouseError
from orchestration.commands import (
    alerting,
    building,
    developing,
    privacy,
    readers,
    running,
    servers,
    watching,
)

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Entrepôt: file drops and databases, landed and built into tested star schemas.",
)
# In the order in which `entrepot --help` lists them.
for page in (servers, running, building, watching, alerting, privacy, developing):
    app.add_typer(page.app)
app.add_typer(readers.app, name="reader")


def main() -> None:
    """Run a command; what a person can mend is one line and exit code 2, never a traceback."""
    prepare_streams()
    os.chdir(ROOT)
    if str(ROOT) not in sys.path:
        sys.path.insert(0, str(ROOT))
    from ingest.catalog import CatalogError, UnknownSelection

    try:
        app()
    except (
        SettingsError,
        WarehouseError,
        server.ServerError,
        CatalogError,
        UnknownSelection,
    ) as error:
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
