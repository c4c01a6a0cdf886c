"""Commands that fill the warehouse: build, docs, demo, sync-columns."""

from __future__ import annotations

from typing import Annotated

import typer

from orchestration.commands.shared import PASSED_ON, Target, ready

app = typer.Typer()


@app.command(context_settings=PASSED_ON)
def build(context: typer.Context, target: Target = None) -> None:
    """Run `dbt build` alone on the warehouse; what follows goes to dbt as it is.

    Example: entrepot build --select fait_nuitees+
    """
    from orchestration.builds import run_dbt

    chosen = ready(target)
    raise typer.Exit(run_dbt(chosen, ["build", *context.args]))


@app.command()
def docs(target: Target = None) -> None:
    """Write the docs site, its drawings and the lineage of columns, and say where to open it.

    Example: entrepot docs
    """
    from orchestration.docs import write_everything

    chosen = ready(target)
    print(f"Docs: open {write_everything(chosen)} in a browser.")


@app.command()
def demo() -> None:
    """Fill the embedded warehouse from made-up deliveries, build it, and say how to look at it.

    Example: entrepot demo
    """
    from orchestration.demo import run_demo

    raise typer.Exit(run_demo())


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

    chosen = ready(target)
    raise typer.Exit(syncing.sync_columns(chosen, source, table or [], dry_run=dry_run))
