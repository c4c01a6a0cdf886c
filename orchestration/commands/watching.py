"""Commands that look after the warehouse: preflight, monitor."""

from __future__ import annotations

from typing import Annotated

import typer

from orchestration.commands.shared import Target, ready

app = typer.Typer()


@app.command()
def preflight(
    table: Annotated[
        str | None, typer.Argument(help="source.table, or a source: only what it needs.")
    ] = None,
    target: Target = None,
    as_json: Annotated[bool, typer.Option("--json", help="For a program.")] = False,
) -> None:
    """Look at all that a run needs: settings, warehouse, rights, disk, sources, tools.

    Lands and builds nothing. Exit codes: 0 all is OK; 1 warnings only; 2 something fails.

    Example: entrepot preflight sigeti.factures
    """
    from orchestration import preflight as checking
    from orchestration.preflight import telling

    found = checking.preflight(target, table)
    print(telling.as_json(found) if as_json else telling.as_table(found))
    raise typer.Exit(checking.exit_code(found))


@app.command()
def monitor(
    target: Target = None,
    as_json: Annotated[bool, typer.Option("--json", help="For a program.")] = False,
) -> None:
    """Show rows, size, last load and last change of each object, the last runs and the rejects.

    Example: entrepot monitor
    """
    from orchestration.monitor import show_monitor

    chosen = ready(target)
    show_monitor(chosen, as_json=as_json)
