"""Commands that keep what was delivered and what was made of it: backup, restore, replay."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ingest.console import complain
from orchestration.commands.shared import Target, make_ready, ready

app = typer.Typer()


@app.command()
def backup(
    to: Annotated[
        str | None,
        typer.Option(
            help="The folder of the backups; ENTREPOT_BACKUP_DIR, else .entrepot/backups."
        ),
    ] = None,
    raw: Annotated[
        bool, typer.Option("--raw", help="Also what databases and archives could give again.")
    ] = False,
    keep: Annotated[
        int | None, typer.Option(help="Remove older backups but the newest N.", min=1, metavar="N")
    ] = None,
    target: Target = None,
    as_json: Annotated[bool, typer.Option("--json", help="For a program.")] = False,
) -> None:
    """Write what cannot be made again into a new folder: ledger, rejects, run log, snapshots, raw.

    One consistent moment, read back before it counts. Exit codes: 0 done; 1 it failed, nothing
    of it is left; 2 the request or the settings are wrong.

    Example: entrepot backup --to /mnt/backups --keep 14
    """
    from ingest.lock import Locked, LockLost
    from orchestration.backup import telling
    from orchestration.backup.making import back_up, folder_for_backups
    from orchestration.backup.tools import BackupError

    chosen = ready(target)
    try:
        made = back_up(chosen, folder_for_backups(to), all_raw=raw, keep=keep)
    except (BackupError, Locked, LockLost) as error:
        complain(f"entrepot backup: {error}")
        raise typer.Exit(1) from None
    print(telling.backup_as_json(*made) if as_json else telling.backup_as_table(*made))


@app.command()
def restore(
    folder: Annotated[Path, typer.Argument(help="A backup: the folder that `backup` named.")],
    replace: Annotated[
        bool, typer.Option("--replace", help="Take away what the warehouse holds.")
    ] = False,
    target: Target = None,
) -> None:
    """Put a backup into an empty warehouse, compare it, and say what to run next.

    Exit codes: 0 all came back as it was; 1 it failed; 2 the request or the settings are wrong,
    or the warehouse is not empty.

    Example: entrepot restore /mnt/backups/entrepot-prod-dwh-20261120T013000Z --target prod
    """
    from ingest.lock import Locked, LockLost
    from orchestration.backup import restoring, telling
    from orchestration.backup.tools import BackupError

    try:
        chosen = ready(target)  # who cannot reach the server need not wait for the hashes
        made = restoring.restore(
            chosen, folder, replace=replace, make_ready=lambda: make_ready(target)
        )
    except (BackupError, Locked, LockLost) as error:
        complain(f"entrepot restore: {error}")
        raise typer.Exit(1) from None
    print(telling.restored(made))


@app.command()
def replay(
    names: Annotated[
        list[str] | None,
        typer.Argument(help="Tables (source.table), sources, or files (path or glob); all."),
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Read and compare, land nothing.")
    ] = False,
    target: Target = None,
    as_json: Annotated[bool, typer.Option("--json", help="For a program.")] = False,
) -> None:
    """Read files again that failed or have rejects; land those that read better as declared now.

    Exit codes: 0 done; 1 a place or a load failed; 2 the request or the settings are wrong.

    Example: entrepot replay fluxvision.nuitee --dry-run
    """
    from orchestration.replay import run_replay

    chosen = ready(target)
    raise typer.Exit(run_replay(chosen, names or [], dry_run=dry_run, as_json=as_json))
