"""Commands that look for what is not as it should be: audit, failures."""

from __future__ import annotations

from typing import Annotated

import typer

from orchestration.commands.shared import Target, administrator, ready

app = typer.Typer()


@app.command()
def audit(
    as_json: Annotated[bool, typer.Option("--json", help="For a program.")] = False,
    no_samples: Annotated[
        bool, typer.Option("--no-samples", help="Read no table: rights and settings alone.")
    ] = False,
    target: Target = None,
) -> None:
    """Compare roles, rights, row policies, TLS, passwords, file modes with what is declared.

    And look in samples for personal values in clear; no value is shown. Changes nothing. Exit
    codes: 0 all that can be seen is as declared; 1 something is not; 2 the settings are wrong.

    Example: entrepot audit
    """
    from orchestration.audit import run_audit

    chosen = ready(target)
    found = run_audit(chosen, administrator(chosen), as_json_text=as_json, samples=not no_samples)
    raise typer.Exit(found)


@app.command()
def failures(
    test: Annotated[
        str | None, typer.Argument(help="A test, or a part of its name: the keys of its rows.")
    ] = None,
    limit: Annotated[int, typer.Option(help="How many rows of a test to name.", min=1)] = 20,
    as_json: Annotated[bool, typer.Option("--json", help="For a program.")] = False,
    target: Target = None,
) -> None:
    """List the tests of dbt that failed or warned and have not passed since, with what they mean.

    With TEST, name the rows behind it by their keys: never a personal column, never free text.
    Exit codes: 0 none has failed; 1 at least one has; 2 the request or the settings are wrong.

    Example: entrepot failures cles_connues_fait_factures
    """
    from orchestration.failures import run_failures

    chosen = ready(target)
    raise typer.Exit(run_failures(chosen, test, limit=limit, as_json_text=as_json))
