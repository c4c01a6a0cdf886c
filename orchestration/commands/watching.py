"""Commands that look after the warehouse: monitor."""

from __future__ import annotations

from typing import Annotated

import typer

from orchestration.commands.shared import Target, ready

app = typer.Typer()


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
