"""Commands that look after the warehouse: preflight, monitor."""

from __future__ import annotations

from typing import Annotated

import typer

from orchestration.commands.shared import Target, ready

app = typer.Typer()
WATCH_SECONDS = 10.0


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
    seconds: Annotated[
        float | None, typer.Argument(help="With --watch: how often; 10 by default.", min=0.5)
    ] = None,
    target: Target = None,
    watch: Annotated[bool, typer.Option("--watch", help="Draw it anew until Ctrl-C.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="For a program.")] = False,
    exact: Annotated[
        bool, typer.Option("--exact", help="Count the rows: as slow as they are many.")
    ] = False,
) -> None:
    """Show rows, size, last load, last change and freshness by layer and object.

    Also late tables, files, the last runs, slow models and rejects; rows are estimates.

    Example: entrepot monitor --watch 30
    """
    from orchestration import monitor as watching

    if seconds is not None and not watch:
        raise typer.BadParameter("SECONDS goes with --watch", param_hint="seconds")
    if watch and (as_json or exact):
        raise typer.BadParameter("it goes with neither --json nor --exact", param_hint="--watch")
    chosen = ready(target)
    if watch:
        watching.watch(chosen, seconds or WATCH_SECONDS)
    else:
        watching.show_monitor(chosen, as_json=as_json, exact=exact)
