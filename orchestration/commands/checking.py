"""Commands that compare the warehouse with what it was made from: validate."""

from __future__ import annotations

from typing import Annotated

import typer

from orchestration.commands.shared import Target, ready

app = typer.Typer()


@app.command()
def validate(
    select: Annotated[
        list[str] | None, typer.Option(help="Only these sources or tables; may be repeated.")
    ] = None,
    deep: Annotated[
        bool, typer.Option("--deep", help="Read delivered files again, and compare each value.")
    ] = False,
    strict: Annotated[
        bool, typer.Option("--strict", help="Nobody wrote to the sources since the last load.")
    ] = False,
    facts: Annotated[
        bool, typer.Option("--facts/--no-facts", help="Check what dbt built, too.")
    ] = True,
    as_json: Annotated[bool, typer.Option("--json", help="For a program.")] = False,
    target: Target = None,
) -> None:
    """Compare sources with the warehouse: counts and checksums by period, differences by key.

    Reads databases again, counts the rows of files, runs dbt's audits. Lands and builds nothing;
    the answers are in etl.validation and in a page. Exit codes: 0 no difference; 1 something
    differs, or a source does not answer; 2 the request or the settings are wrong.

    Example: entrepot validate --select sigeti --select erp.produit
    """
    from ingest.progress import make_progress
    from orchestration.validation import telling
    from orchestration.validation.checking import Asked
    from orchestration.validation.checking import validate as compare

    chosen = ready(target)
    asked = Asked(tuple(select or ()), deep=deep, strict=strict, facts=facts)
    found = compare(chosen, asked, make_progress(quiet=as_json))
    page = telling.write_page(found)
    print(telling.as_json(found, page) if as_json else telling.as_text(found, page))
    raise typer.Exit(found.code)
