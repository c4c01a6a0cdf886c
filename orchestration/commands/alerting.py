"""Commands that tell people: alert, health."""

from __future__ import annotations

from typing import Annotated

import typer

from orchestration.commands.shared import Target, ready

app = typer.Typer()


@app.command()
def alert(
    test: Annotated[bool, typer.Option("--test", help="Send a message to every channel.")] = False,
    target: Target = None,
) -> None:
    """List the open alerts; with --test, try the channels of ALERT_URLS and say which answered.

    Exit codes of --test: 0 all answered; 1 one did not; 2 an address is wrong, or there is none.

    Example: entrepot alert --test
    """
    from orchestration.alerts import showing

    if test:
        raise typer.Exit(showing.try_channels())
    showing.show_open(ready(target))
