"""Commands about what was delivered: withdraw, why."""

from __future__ import annotations

from typing import Annotated

import typer

from orchestration.commands.shared import Target, ready

app = typer.Typer()


@app.command()
def withdraw(
    file: Annotated[
        str, typer.Argument(help="A path, a file's or ZIP's name, a _file_id, or a glob of these.")
    ],
    reason: Annotated[str | None, typer.Option(help="Why, for the ledger.")] = None,
    undo: Annotated[bool, typer.Option("--undo", help="Put it back.")] = False,
    every_version: Annotated[
        bool, typer.Option("--every-version", help="Also what lay at the same path before.")
    ] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say it, change nothing.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="For a program.")] = False,
    target: Target = None,
) -> None:
    """Take a wrong delivery out, as if it had never come; raw keeps its rows.

    Its slices fall back to the next best file, with the next build. All copies go with it. Exit
    codes: 0 done; 1 another run is landing; 2 nothing to act on, or the request is wrong.

    Example: entrepot withdraw "Nuitee_2024B1_*" --reason "volumes sent twice" --dry-run
    """
    from orchestration.deliveries.withdrawing import run_withdraw

    said = " ".join((reason or "").split())
    if undo and reason is not None:
        raise typer.BadParameter("it does not go with --undo", param_hint="--reason")
    if not undo and not said:
        raise typer.BadParameter("say why, for whoever asks later", param_hint="--reason")
    chosen = ready(target)
    raise typer.Exit(
        run_withdraw(
            chosen,
            file,
            None if undo else said,
            every_version=every_version,
            dry_run=dry_run,
            as_json=as_json,
        )
    )


@app.command()
def why(
    fact: Annotated[str, typer.Argument(help="A fact, such as fait_nuitees.")],
    zone: Annotated[
        str | None, typer.Option(help="Of visitors: a code, a name, or a label of files.")
    ] = None,
    date: Annotated[str | None, typer.Option(help="The day, YYYY-MM-DD.")] = None,
    family: Annotated[
        str | None, typer.Option(help="Of several: lieu_nuitee_soir, or nuitee_soir.")
    ] = None,
    machine: Annotated[
        str | None, typer.Option(help="Of the workshop: a machining centre.")
    ] = None,
    key: Annotated[
        list[str] | None, typer.Option(help="Of a database: its key, with commas between.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="For a program.")] = False,
    target: Target = None,
) -> None:
    """Tell which file a figure comes from, by which rule, and which marts it feeds.

    Also its rejects, the runs that landed it, and what the next build will change. Exit codes: 0
    told; 2 there is no such fact, zone, day, machine or key.

    Example: entrepot why fait_nuitees --zone CABA --date 2024-07-13
    """
    from orchestration.deliveries.explaining import Asked, run_why

    chosen = ready(target)
    asked = Asked(fact, zone, date, family, machine, tuple(key or ()))
    raise typer.Exit(run_why(chosen, asked, as_json=as_json))
