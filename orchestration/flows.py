"""Prefect flows: what runs when, and how Prefect sees it; no SQL and no business rule.

    python -m orchestration.flows sigeti      (one run of a flow of cadences.yml, here and now)

A flow calls what `entrepot run` calls. Each step is a task, red when it failed, and dbt is started
through prefect-dbt, so that its output is in Prefect's log. A flow ends red when anything failed.
Prefect retries nothing: the run itself asks a source again that did not answer.
"""

from __future__ import annotations

import contextlib
import os
import shlex
import sys
import time
import warnings
from collections.abc import Callable, Mapping, Sequence
from typing import Any

# Set before Prefect is imported, which reads them once.
os.environ.setdefault("PREFECT_SERVER_ANALYTICS_ENABLED", "false")
os.environ.setdefault("DO_NOT_TRACK", "1")

from prefect import flow, task
from prefect.exceptions import FailedRun
from prefect.states import Completed, Failed

from ingest.catalog import load_catalog
from ingest.console import complain
from ingest.settings import ROOT, SettingsError, child_environment, profiles_path
from orchestration.cadences import Cadence, read_cadences
from orchestration.processes import TIMED_OUT, Ended, call, deadline
from orchestration.run import Step, run
from orchestration.run_table import as_table


def through_prefect(command: Sequence[str], variables: Mapping[str, str], seconds: float) -> Ended:
    """Start dbt as an operation of prefect-dbt; end it, and all below it, when its time is over."""
    began = time.monotonic()
    with warnings.catch_warnings():
        # Its older door is the only one that starts dbt as a process, which can be ended.
        warnings.filterwarnings("ignore", message="prefect_dbt.cli is deprecated")
        from prefect_dbt import DbtCoreOperation
    operation = DbtCoreOperation(
        commands=[shlex.join(command)],
        env=dict(variables),
        working_dir=ROOT,
        profiles_dir=profiles_path().parent,
    )
    with operation:
        process = operation.trigger()
        # A RuntimeError says no more than the exit code, which is returned.
        with deadline(process.pid, seconds) as over, contextlib.suppress(RuntimeError):
            process.wait_for_completion()
    code = TIMED_OUT if over.is_set() else process.return_code
    return Ended(1 if code is None else code, time.monotonic() - began)


def as_task(name: str, step: Callable[[], Step]) -> None:
    """Do a step as a task of Prefect that is red when the step failed; what it raises goes on."""

    @task(name=name)
    def shown() -> Any:
        made = step()
        return Failed(message=made.note) if made.status == "failed" else made.note

    # A state that failed is no exception, a step that raised is one.
    ended = shown(return_state=True)
    error = ended.result(raise_on_failure=False) if ended.is_failed() else None
    if isinstance(error, Exception) and not isinstance(error, FailedRun):
        raise error


@flow(name="entrepot", flow_run_name="{name}", log_prints=True)
def load(name: str) -> Any:
    """One run of the flow of cadences.yml that has this name; safe at any hour, red if it failed.

    Raises:
        SettingsError, WarehouseError, ServerError: nothing could be done.
    """
    cadence = _cadence(name)
    if cadence.command:
        return _other(cadence)
    outcome = run(cadence.job, stage=as_task, start_dbt=through_prefect)
    print(as_table(outcome))
    failed = [step.note for step in outcome.steps if step.status == "failed"]
    return Failed(message=failed[0]) if failed else Completed(message=f"run {outcome.run_id}")


def _cadence(name: str) -> Cadence:
    cadences = {cadence.name: cadence for cadence in read_cadences(load_catalog())}
    if name not in cadences:
        raise SettingsError(f"there is no flow {name} (there are {', '.join(cadences)})")
    return cadences[name]


def _other(cadence: Cadence) -> Any:
    """Another command than `run`."""
    command = [sys.executable, "-m", "orchestration.cli", *cadence.command]
    ended = call(command, child_environment(), cadence.job.limit_seconds)
    if not ended.code:
        return Completed()
    why = "its time was over" if ended.timed_out else f"exit code {ended.code}"
    return Failed(message=f"entrepot {' '.join(cadence.command)}: {why}")


if __name__ == "__main__":
    ended = load(sys.argv[1] if len(sys.argv) > 1 else "", return_state=True)
    if not ended.is_completed():
        complain(f"flow: {ended.message}")
        sys.exit(1)
