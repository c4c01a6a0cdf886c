"""`entrepot run`: everything that a scheduler calls."""

from __future__ import annotations

from typing import Annotated

import typer

from orchestration.commands.shared import Target

app = typer.Typer()


@app.command("run")
def run_everything(
    select: Annotated[
        list[str] | None, typer.Option(help="Only these sources or tables; may be repeated.")
    ] = None,
    mode: Annotated[
        str, typer.Option(help="incremental takes what is new; full lands everything again.")
    ] = "incremental",
    target: Target = None,
    docs: Annotated[bool, typer.Option("--docs", help="Write the docs site as well.")] = False,
    continue_on_error: Annotated[
        bool,
        typer.Option("--continue-on-error", help="Go on and build when a critical table failed."),
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Answer in JSON.")] = False,
) -> None:
    """Do a whole run: preflight, landing by priority, build of what changed, checks, alerts.

    Exit codes: 0 all well; 1 something failed; 2 the request or the settings are wrong.

    Example: entrepot run --select sigeti --docs
    """
    from ingest.settings import SettingsError
    from orchestration.run import Job, run
    from orchestration.run_table import as_json as answer
    from orchestration.run_table import as_table

    if mode not in ("incremental", "full"):
        raise SettingsError(f"--mode {mode}: neither incremental nor full")
    job = Job(
        select=tuple(select or ()),
        mode=mode,
        target=target,
        docs=docs,
        continue_on_error=continue_on_error,
    )
    outcome = run(job, quiet=as_json)
    print(answer(outcome) if as_json else as_table(outcome))
    raise typer.Exit(outcome.code)
