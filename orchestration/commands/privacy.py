"""Commands that take data out for good: purge, erase."""

from __future__ import annotations

from typing import Annotated

import typer

from orchestration.commands.shared import Target, ready

app = typer.Typer()


@app.command()
def purge(
    source: Annotated[str | None, typer.Option(help="Only tables of this source.")] = None,
    table: Annotated[str | None, typer.Option(help="Only this table.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Count, take out nothing.")] = False,
    today: Annotated[str | None, typer.Option(help="The day to count from, YYYY-MM-DD.")] = None,
    older_than: Annotated[
        str | None,
        typer.Option(help="Age of logs and working files, such as 7d; rows keep their retention."),
    ] = None,
    target: Target = None,
) -> None:
    """Take out for good what is past its time: rows of raw, ods, rejects; logs, reports, leftovers.

    Rows go by their declared `retention`, and the next build takes them out of facts and marts;
    the rest is kept for ENTREPOT_KEEP_LOGS (30d). Exit codes: 0 all well; 1 something failed; 2
    the request or the settings are wrong.

    Example: entrepot purge --older-than 7d --dry-run
    """
    from orchestration.purge import run_purge

    chosen = ready(target)
    code = run_purge(chosen, source, table, dry_run=dry_run, today=today, older_than=older_than)
    raise typer.Exit(code)


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

    chosen = ready(target)
    raise typer.Exit(run_erase(chosen, subject, source, dry_run=dry_run))
