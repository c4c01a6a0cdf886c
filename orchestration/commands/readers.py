"""`entrepot reader`: who reads the marts."""

from __future__ import annotations

from typing import Annotated

import typer

from orchestration.commands.shared import Target, administrator, ready

app = typer.Typer(no_args_is_help=True, help="Add, list and remove those who read the marts.")


@app.command("add")
def reader_add(
    name: str,
    zone: Annotated[
        list[str] | None, typer.Option(help="Code of a zone to see; may be repeated.")
    ] = None,
    target: Target = None,
) -> None:
    """Make a login that reads the marts: every row or, with --zone, the rows of these zones.

    Its password is asked for on a terminal, or made and shown once. Needs a
    login that may make roles: DWH_ADMIN_USER, on a server of your own.

    Example: entrepot reader add aya --zone VRIDI --zone YOPOUGON
    """
    from orchestration import readers

    chosen = ready(target)
    readers.add(chosen, administrator(chosen), name, zone or [])


@app.command("list")
def reader_list(target: Target = None) -> None:
    """List who reads the marts, and which zones.

    Example: entrepot reader list
    """
    from orchestration import readers

    chosen = ready(target)
    readers.show(administrator(chosen))


@app.command("remove")
def reader_remove(name: str, target: Target = None) -> None:
    """Drop a login that `entrepot reader add` made, and end its sessions.

    Example: entrepot reader remove aya
    """
    from orchestration import readers

    chosen = ready(target)
    readers.remove(administrator(chosen), name)
