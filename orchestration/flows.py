"""Prefect flows: what runs, in which order; no SQL and no business rule.

    python -m orchestration.flows            (one run, here and now)

A flow ends red when anything failed: it waits for each result, and never builds on a failed load.
"""

from __future__ import annotations

import os
import shlex
import subprocess
import sys

# Set before Prefect is imported, which reads them once.
os.environ.setdefault("PREFECT_SERVER_ANALYTICS_ENABLED", "false")
os.environ.setdefault("DO_NOT_TRACK", "1")

from prefect import flow, task
from prefect_dbt import DbtCoreOperation

from ingest.settings import ROOT, child_environment, profiles_path, warehouse
from orchestration.dbt import dbt_command, writers_lock


class LandingFailed(Exception):
    """Something failed while landing; run_all has said what."""


@task(name="ingest")
def ingest(select: list[str] | None = None, target: str | None = None) -> None:
    """Land what is new from the selected sources (default: all that are listed).

    Raises:
        LandingFailed: if `run_all.py` ended with another exit code than 0.
    """
    command = [sys.executable, "ingest/run_all.py", *(["--target", target] if target else [])]
    for name in select or []:
        command += ["--select", name]
    done = subprocess.run(command, cwd=ROOT, env=child_environment(target), check=False)
    if done.returncode:
        raise LandingFailed(f"run_all.py ended with exit code {done.returncode}")


@task(name="build")
def build(select: list[str] | None = None, target: str | None = None) -> None:
    """Run `dbt build` in a subprocess, as the only build of this warehouse.

    Raises:
        RuntimeError: if a model failed or a test of error severity did.
    """
    chosen = warehouse(target)
    command = [dbt_command(), "build", "--target", chosen.target]
    if select:
        command += ["--select", *select]
    with writers_lock(chosen):
        DbtCoreOperation(
            commands=[shlex.join(command)],
            project_dir=ROOT,
            profiles_dir=profiles_path().parent,
            env=child_environment(chosen.target),
        ).run()


@flow(name="entrepot")
def bring_up_to_date(
    sources: list[str] | None = None, models: list[str] | None = None, target: str | None = None
) -> None:
    """Land what is new, then build on it; safe to run again at any hour."""
    ingest.submit(sources, target).result()
    build.submit(models, target).result()


if __name__ == "__main__":
    try:
        bring_up_to_date()
    except (LandingFailed, RuntimeError) as error:
        # Prefect has logged what failed; the exit code is for cron.
        print(f"entrepot flow: {str(error).splitlines()[0]}", file=sys.stderr)
        sys.exit(1)
