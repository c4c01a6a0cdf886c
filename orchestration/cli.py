"""The command `entrepot`: its pages of commands, and what its user is told on errors."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path

import psycopg2
import typer
from typer.exceptions import Abort, TyperException

from ingest import server
from ingest.console import complain, prepare_streams
from ingest.settings import ROOT, SettingsError
from ingest.warehouse import WarehouseError, said_by
from orchestration.commands import (
    alerting,
    auditing,
    building,
    checking,
    comparing,
    deliveries,
    developing,
    keeping,
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
for page in (
    *(servers, running, building),
    *(watching, alerting),
    *(checking, comparing, deliveries),
    *(keeping, auditing, privacy, developing),
):
    app.add_typer(page.app)
app.add_typer(readers.app, name="reader")


def run(arguments: Sequence[str] | None = None) -> int:
    """Run a command and return its exit code; what goes wrong is one line, never a traceback.

    `arguments`: those of the command line by default.
    """
    from ingest.catalog import CatalogError, UnknownSelection

    try:
        return app(args=arguments, prog_name="entrepot", standalone_mode=False) or 0
    except TyperException as error:
        return _refuse(error)
    except Abort:
        complain("entrepot: interrupted")
        return 130
    except CatalogError as error:
        for problem in error.problems:
            complain(f"entrepot: {problem}")
        return 2
    except (SettingsError, WarehouseError, server.ServerError, UnknownSelection) as error:
        complain(f"entrepot: {error}")
        return 2
    except psycopg2.Error as error:
        complain(f"entrepot: the database refused: {said_by(error)}")
        return 1
    except BrokenPipeError:
        # Who reads the output (`| head`) has seen enough; the interpreter must not write on.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except OSError as error:
        complain(f"entrepot: {error.strerror or error} {Path(str(error.filename or '')).name}")
        return 1
    except Exception as error:
        if os.environ.get("ENTREPOT_DEBUG"):
            raise
        # Not its message, which may quote a value of a row.
        complain(f"entrepot: unforeseen {type(error).__name__} (ENTREPOT_DEBUG=1 shows where)")
        return 1


def _refuse(error: TyperException) -> int:
    """Say in one line what is wrong with the arguments, instead of usage and a box."""
    said = error.format_message()
    # Empty: the command was called without any, and its help has just been shown.
    if said:
        context = getattr(error, "ctx", None)
        command = context.command_path if context else "entrepot"
        complain(f"{command}: {said.rstrip('.')} (see `{command} --help`)")
    return error.exit_code


def main() -> None:
    """The program: as `run`, in the project's root and on whatever console there is."""
    prepare_streams()
    os.chdir(ROOT)
    if str(ROOT) not in sys.path:
        sys.path.insert(0, str(ROOT))
    sys.exit(run())


if __name__ == "__main__":
    main()
