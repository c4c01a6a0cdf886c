"""Commands that tell people: alert, health."""

from __future__ import annotations

from typing import Annotated

import typer

from orchestration.commands.shared import Target, ready

app = typer.Typer()


@app.command()
def alert(
    test: Annotated[bool, typer.Option("--test", help="Send a message to every channel.")] = False,
    acknowledge: Annotated[
        str | None, typer.Option(help="A table or source whose failure nobody will mend: it ends.")
    ] = None,
    target: Target = None,
) -> None:
    """List the open alerts; with --test, try the channels of ALERT_URLS and say which answered.

    Exit codes of --test: 0 all answered; 1 one did not; 2 an address is wrong, or there is none.

    Example: entrepot alert
    """
    from orchestration.alerts import showing

    if test:
        raise typer.Exit(showing.try_channels())
    if acknowledge:
        showing.acknowledge(ready(target), acknowledge)
    else:
        showing.show_open(ready(target))


@app.command()
def health(
    as_json: Annotated[bool, typer.Option("--json", help="For a program.")] = False,
    no_send: Annotated[bool, typer.Option("--no-send", help="Look, tell nobody.")] = False,
    today: Annotated[str | None, typer.Option(help="The day to look from, YYYY-MM-DD.")] = None,
    target: Target = None,
) -> None:
    """Look for what is wrong, tell it with what to do, and send alerts and the summary of the day.

    HEARTBEAT_URL is called when it ran to its end. Exit codes: 0 nothing is wrong; 1 something is;
    2 the settings are wrong.

    Example: entrepot health --no-send
    """
    from orchestration.health import run_health

    raise typer.Exit(run_health(target, as_json=as_json, sends=not no_send, today=today))
