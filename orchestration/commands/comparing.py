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


@app.command()
def diff(
    model: Annotated[str, typer.Argument(help="A model, or schema.relation.")],
    build: Annotated[
        bool, typer.Option("--build", help="With what its SQL would build now.")
    ] = False,
    against: Annotated[
        str | None, typer.Option(metavar="SCHEMA.TABLE", help="With a relation beside it.")
    ] = None,
    other: Annotated[
        str | None, typer.Option("--with", metavar="TARGET", help="With it in another target.")
    ] = None,
    key: Annotated[
        str | None, typer.Option(metavar="COLUMNS", help="What tells rows, if nothing declares it.")
    ] = None,
    ignore: Annotated[
        str | None, typer.Option(metavar="COLUMNS", help="Columns to leave out as well.")
    ] = None,
    all_columns: Annotated[
        bool, typer.Option("--all-columns", help="Compare _run_id, created_at, dbt_... too.")
    ] = False,
    examples: Annotated[int, typer.Option(help="How many of each difference.", min=0)] = 5,
    as_json: Annotated[bool, typer.Option("--json", help="For a program.")] = False,
    target: Target = None,
) -> None:
    """Compare two builds of a model: rows of one side alone, changed columns, sums, examples.

    Without --build, --against and --with: with the same model in the target's rehearsal (test for
    dev, prod_test for prod). Changes nothing. Exit codes: 0 no difference; 1 differences; 2 the
    request or the settings are wrong.

    Example: entrepot diff fait_nuitees --build
    """
    from orchestration.comparing import Request, run_diff

    request = Request(
        model,
        against=against,
        build=build,
        other=other,
        key=_names(key),
        ignored=_names(ignore),
        everything=all_columns,
        examples=examples,
        as_json=as_json,
    )
    raise typer.Exit(run_diff(ready(target), request))


def _names(text: str | None) -> tuple[str, ...]:
    return tuple(name.strip() for name in (text or "").split(",") if name.strip())
