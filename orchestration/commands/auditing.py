"""Commands that look for what is not as it should be: audit, failures."""

from __future__ import annotations

from typing import Annotated

import typer

from orchestration.commands.shared import Target, administrator, ready

app = typer.Typer()


@app.command()
def audit(
    as_json: Annotated[bool, typer.Option("--json", help="For a program.")] = False,
    target: Target = None,
) -> None:
    """Compare roles, rights, row policies, TLS, passwords, file modes with what is declared.

    And look in samples for personal values in clear; no value is shown. Changes nothing. Exit
    codes: 0 all that can be seen is as declared; 1 something is not; 2 the settings are wrong.

    Example: entrepot audit
    """
    from orchestration.audit import run_audit

    chosen = ready(target)
    raise typer.Exit(run_audit(chosen, administrator(chosen), as_json_text=as_json))
