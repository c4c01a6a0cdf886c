"""Commands for those who change the project: test, test-long, lint, lock, bench."""

from __future__ import annotations

import os
import subprocess
import sys

import typer

from ingest.settings import ROOT, child_environment
from orchestration.commands.shared import PASSED_ON

app = typer.Typer()


def _developers_python(*arguments: str) -> int:
    return subprocess.run(
        [sys.executable, *arguments], cwd=ROOT, env=child_environment(), check=False
    ).returncode


@app.command(context_settings=PASSED_ON)
def test(context: typer.Context) -> None:
    """Run every test that this machine can run; all of them on several cores, a file on each.

    Example: entrepot test tests/unit -k ledger
    """
    # One more than there are cores: each waits for its servers now and then.
    workers = str(min(4, (os.cpu_count() or 1) + 1))
    spread = ["-n", workers, "--dist", "loadfile", "--no-loadscope-reorder"]
    chosen = context.args or spread
    raise typer.Exit(_developers_python("-m", "pytest", "-m", "not long", *chosen))


@app.command("test-long", context_settings={"allow_extra_args": True})
def test_long(context: typer.Context) -> None:
    """Run the long forms of the property, crash and concurrency tests (hours).

    Example: entrepot test-long
    """
    raise typer.Exit(_developers_python("-m", "pytest", "--long", *context.args))


@app.command()
def lint() -> None:
    """Check style, types, SQL, project rules and that the lock files are current.

    Example: entrepot lint
    """
    from orchestration.lint import run_lint

    raise typer.Exit(run_lint())


@app.command()
def lock() -> None:
    """Write requirements.txt and requirements-dev.txt anew from pyproject.toml.

    Example: entrepot lock
    """
    from orchestration.lint import write_locks

    raise typer.Exit(write_locks(ROOT))


@app.command(context_settings=PASSED_ON)
def bench(context: typer.Context) -> None:
    """Run the measurements behind the speeds that the README states.

    Example: entrepot bench landing
    """
    raise typer.Exit(_developers_python("-m", "bench", *context.args))
