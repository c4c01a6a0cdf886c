"""Commands that look at what tables hold: profile, diff."""

from __future__ import annotations

from typing import Annotated

import typer

from orchestration.commands.shared import Target, ready

app = typer.Typer()


@app.command()
def profile(
    tables: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[TABLE]...",
            help="source.table, table, source, model; else what is due.",
        ),
    ] = None,
    due: Annotated[
        bool, typer.Option("--due", help="Only those not profiled for 14 days.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="For a program.")] = False,
    target: Target = None,
) -> None:
    """Say what each column of a table holds, and what changed since its last profile.

    Filled, distinct, ranges, frequent values; what could be excluded; candidates of keys; a report
    as HTML. Exit codes: 0 all well; 1 a table could not be read; 2 the request or the settings are
    wrong.

    Example: entrepot profile erp.produit
    """
    from ingest.memory import give_back_early

    # Before Arrow is imported.
    give_back_early()
    from orchestration.profiling import run_profile

    chosen = ready(target)
    raise typer.Exit(run_profile(chosen, tables or [], due=due, as_json=as_json))
