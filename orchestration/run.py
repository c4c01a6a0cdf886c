"""`entrepot run`: everything that one run of the warehouse does, from preflight to alerts.

The flows call the same function and let Prefect watch the build. A step is a program of its own, so
that the end of its time is really its end; what a crash leaves undone, the next run does.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from ingest import server
from ingest.catalog import Table, load_catalog, select
from ingest.console import complain
from ingest.runlog import new_run_id
from ingest.settings import (
    SettingsError,
    Warehouse,
    child_environment,
    environment,
    warehouse,
)
from ingest.warehouse import WarehouseError
from orchestration.alerts import notify, notify_without_warehouse
from orchestration.builds import writers_lock
from orchestration.changes import ToBuild, note_built, to_build
from orchestration.docs import TARGET as DOCS_TARGET
from orchestration.docs import publish
from orchestration.failures.gathering import keep_failures
from orchestration.findings import Finding
from orchestration.preflight import preflight
from orchestration.processes import Ended, Starter, call
from orchestration.results import Built, Stale, read_build, read_freshness
from orchestration.run_findings import KINDS, findings_of, subjects_of
from orchestration.validation.after_run import Compared, validate

# Nothing of a run waits longer: a load of everything takes minutes, its first build some more.
LIMIT_SECONDS = 4 * 3600.0
# How long after a source did not answer it is asked again.
RETRY_AFTER = (30.0, 120.0)


@dataclass(frozen=True, slots=True)
class Job:
    """What a run is asked for.

    name: of the flow or command, in alerts. select: sources and tables to land, none for all.
    limit_seconds: of the whole run. retry_after: seconds to wait before each further attempt; by
    default those of ENTREPOT_RETRY_AFTER.
    """

    name: str = "run"
    select: tuple[str, ...] = ()
    mode: str = "incremental"
    target: str | None = None
    docs: bool = False
    continue_on_error: bool = False
    limit_seconds: float = LIMIT_SECONDS
    retry_after: tuple[float, ...] | None = None


@dataclass(slots=True)
class Step:
    """One step of a run and how it ended; `note` is one line for a person."""

    name: str
    status: str
    seconds: float
    note: str = ""


@dataclass(slots=True)
class Outcome:
    """What came of a run.

    ingest: the last report of run_all.py, as its --json has it. ingests: one for each attempt.
    asked: how many tables were to land. failed_tables: those that did not. refused: the settings
    are wrong, nothing could be done.
    """

    run_id: str
    job: Job
    steps: list[Step] = field(default_factory=list)
    ingest: dict[str, Any] = field(default_factory=dict)
    ingests: list[dict[str, Any]] = field(default_factory=list)
    built: Built = field(default_factory=Built)
    stale: list[Stale] = field(default_factory=list)
    compared: list[Compared] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    failed_tables: tuple[str, ...] = ()
    seconds: float = 0.0
    asked: int = 0
    refused: bool = False

    @property
    def code(self) -> int:
        """0 all well; 1 something failed; 2 the request or the settings are wrong."""
        if self.refused:
            return 2
        return 1 if any(step.status == "failed" for step in self.steps) else 0


# Wraps each step, so that Prefect can show it as a task: called with its name and what it does.
Stage = Callable[[str, Callable[[], Step]], None]


def directly(name: str, step: Callable[[], Step]) -> None:
    """A step without Prefect."""
    step()


def run(
    job: Job,
    *,
    stage: Stage = directly,
    start_dbt: Starter | None = None,
    quiet: bool = False,
) -> Outcome:
    """Do what the job asks for, send the alerts, and say what came of it.

    Args:
        stage: wraps each step.
        start_dbt: starts dbt, by default as any program.
        quiet: standard output is left to the caller.

    Raises:
        SettingsError, WarehouseError, ServerError, CatalogError, UnknownSelection: nothing could be
            done. The first three have been told to the channels of alerts.
    """
    catalog = load_catalog()
    tables = select(catalog, job.select)
    start_dbt = start_dbt or partial(call, output=sys.stderr if quiet else None)
    try:
        home = warehouse(job.target)
        server.ensure_up(home, sorted({source.schema for source in catalog.sources}))
        return _Run(job, home, tables, stage, start_dbt, quiet).go()
    except (SettingsError, WarehouseError, server.ServerError) as error:
        notify_without_warehouse([_not_run(job, str(error), None)])
        raise


def _not_run(job: Job, error: str, run_id: str | None) -> Finding:
    return Finding(
        kind="run_failed",
        severity="critical",
        subject=job.name,
        message=f"the run {job.name} could not go on",
        todo="run `entrepot preflight`: it says what is wrong and how to mend it",
        run_id=run_id,
        error=error,
    )


class _Run:
    """The steps of one run, in order; each notes how it ended."""

    def __init__(
        self,
        job: Job,
        home: Warehouse,
        tables: Sequence[Table],
        stage: Stage,
        start_dbt: Starter,
        quiet: bool,
    ):
        self._job = job
        self._home = home
        self._tables = tables
        self._stage = stage
        self._start_dbt = start_dbt
        self._quiet = quiet
        self._began = time.monotonic()
        self._outcome = Outcome(new_run_id(), job, asked=len(tables))
        self._may_build = True

    def go(self) -> Outcome:
        outcome = self._outcome
        for name, step in (
            ("preflight", self._preflight),
            ("ingest", self._ingest),
            ("build", self._build),
            ("validate", self._validate),
        ):
            if not outcome.refused:
                self._stage(name, self._timed(name, step))
        outcome.findings = findings_of(outcome, self._home, self._tables)
        self._stage("alerts", self._timed("alerts", self._alert))
        outcome.seconds = time.monotonic() - self._began
        return outcome

    def _timed(self, name: str, step: Callable[[Step], None]) -> Callable[[], Step]:
        def do() -> Step:
            began = time.monotonic()
            made = Step(name, "ok", 0.0)
            self._outcome.steps.append(made)
            try:
                step(made)
            finally:
                made.seconds = time.monotonic() - began
            return made

        return do

    @property
    def _left(self) -> float:
        """Seconds that are left of the run's time."""
        return self._job.limit_seconds - (time.monotonic() - self._began)

    def _variables(self, **more: str) -> dict[str, str]:
        return {
            **child_environment(self._home.target),
            "ENTREPOT_RUN_ID": self._outcome.run_id,
            **more,
        }

    # The steps

    def _preflight(self, step: Step) -> None:
        checks = preflight(self._job.target, quick=True)
        wrong = [check for check in checks if check.status != "OK"]
        unreachable = [check for check in wrong if check.name == "warehouse"]
        if unreachable:
            # Told once, as the end of the run: without it there is no run to speak of.
            raise WarehouseError(unreachable[0].detail)
        for check in wrong:
            complain(f"preflight: {check.name}: {check.detail} ({check.mend})")
        if wrong:
            step.status, step.note = "warn", f"{wrong[0].name}: {wrong[0].detail}"
        fatal = [c for c in wrong if c.status == "FAIL" and c.scope == "warehouse"]
        if fatal:
            step.status, step.note = "failed", f"{fatal[0].name}: {fatal[0].detail}"
            self._outcome.refused = True

    def _ingest(self, step: Step) -> None:
        selected = list(self._job.select)
        after = self._job.retry_after
        waits = [0.0, *(_retry_after() if after is None else after)]
        lasting: list[str] = []
        for attempt, wait in enumerate(waits, start=1):
            if wait and wait > self._left:
                break
            time.sleep(wait)
            ended, report = self._land(selected, attempt)
            self._outcome.ingest = report
            self._outcome.ingests.append(report)
            # What failed for good in an earlier attempt is not tried again, and not forgotten.
            step.status = "failed" if ended.code or lasting else "ok"
            step.note = _said(ended, [*lasting, *report.get("failures", [])])
            lasting += _lasting(report)
            again = _to_retry(ended, report)
            if again is None:
                break
            selected = again or selected
            if attempt < len(waits):
                complain(f"ingest: {step.note}; again in {waits[attempt]:.0f} s")
        self._outcome.refused = ended.code == 2
        stopped = report.get("stopped", False) or ended.timed_out or "tables" not in report
        self._may_build = not stopped or self._job.continue_on_error

    def _land(self, selected: Sequence[str], attempt: int) -> tuple[Ended, dict[str, Any]]:
        """One attempt of run_all.py on these selectors, and what it reported."""
        with tempfile.TemporaryDirectory(prefix="entrepot-") as folder:
            path = Path(folder) / "report.json"
            command = [sys.executable, str(Path("ingest") / "run_all.py")]
            command += ["--target", self._home.target, "--mode", self._job.mode]
            command += ["--report", str(path)]
            command += [] if self._job.continue_on_error else ["--stop-on-critical"]
            for name in selected:
                command += ["--select", name]
            ended = call(
                command,
                self._variables(ENTREPOT_ATTEMPT=str(attempt)),
                self._left,
                # The table of the whole run says it in short; what went wrong is on standard error.
                output=subprocess.DEVNULL,
            )
            report = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
        return ended, report

    def _build(self, step: Step) -> None:
        if not self._may_build:
            step.status, step.note = "skipped", "a critical table did not land"
            return
        with writers_lock(self._home):
            # Asked under the lock: the build that was waited for may have done it already.
            since = time.time()
            todo = to_build(self._home, [(table.source, table.name) for table in self._tables])
            ended = self._session(todo)
            if ended.code == 0 and not todo.is_empty:
                note_built(self._home, todo)
            if not todo.is_empty and not ended.timed_out:
                run_id, left = self._outcome.run_id, max(0.0, self._left)
                keep_failures(self._home, run_id=run_id, since=since, seconds=left)
        self._outcome.built = read_build(since)
        self._outcome.stale = read_freshness(since)
        step.note = "" if not todo.is_empty else "nothing new"
        if ended.timed_out:
            step.status, step.note = "failed", "its time was over"
        elif ended.code:
            step.status, step.note = "failed", self._outcome.built.said
        if self._job.docs and ended.code < 2 and not ended.timed_out:
            publish()

    def _session(self, todo: ToBuild) -> Ended:
        command = [sys.executable, "-m", "orchestration.dbt_session"]
        sources = sorted({table.source for table in self._tables})
        command += ["--freshness", " ".join(f"source:{name}" for name in sources)]
        command += ["--docs", str(DOCS_TARGET)] if self._job.docs else []
        if not todo.is_empty:
            # Unit tests prove the models, not the data: `make test` runs them.
            command += ["--", "build", "--exclude-resource-type", "unit_test"]
            command += ["--quiet"] if self._quiet or not sys.stdout.isatty() else []
            command += ["--select", *todo.selectors] if todo.selectors else []
        return self._start_dbt(command, self._variables(), max(1.0, self._left))

    def _validate(self, step: Step) -> None:
        self._outcome.compared = validate(self._home, self._outcome.run_id, self._tables)
        wrong = [compared for compared in self._outcome.compared if not compared.is_equal]
        if wrong:
            step.status = "failed"
            step.note = f"{len(wrong)} of {len(self._outcome.compared)} counts differ"

    def _alert(self, step: Step) -> None:
        sent = notify(
            self._home,
            self._outcome.findings,
            kinds=KINDS,
            subjects=subjects_of(self._outcome, self._tables),
        )
        if sent.silent:
            channel, why = next(iter(sent.silent.items()))
            step.status, step.note = "warn", f"{channel}: {why}"


def _retry_after() -> tuple[float, ...]:
    """The waits of ENTREPOT_RETRY_AFTER (seconds, with spaces between), or the usual ones.

    Raises:
        SettingsError: they are no numbers.
    """
    said = environment().get("ENTREPOT_RETRY_AFTER", "").strip()
    try:
        return tuple(float(part) for part in said.split()) if said else RETRY_AFTER
    except ValueError:
        raise SettingsError(
            f"ENTREPOT_RETRY_AFTER is {said!r}: write seconds, such as 30 120"
        ) from None


def _lasting(report: Mapping[str, Any]) -> list[str]:
    """The failures that another attempt does not mend."""
    if "tables" not in report:
        return []
    return [line for line in report["failures"] if line not in report["unanswered"]]


def _said(ended: Ended, failures: Sequence[str]) -> str:
    if ended.timed_out:
        return "its time was over"
    more = f" and {len(failures) - 1} more" if len(failures) > 1 else ""
    return f"{failures[0]}{more}" if failures else ""


def _to_retry(ended: Ended, report: Mapping[str, Any]) -> list[str] | None:
    """What may land when it is tried again: tables, an empty list for all, None for nothing."""
    if ended.timed_out or ended.code != 1:
        return None
    if "tables" not in report:
        # The run could not go on: another one was landing, the warehouse went away.
        return []
    if report["stopped"] and report["to_retry"]:
        # What came after the critical table has not been read either.
        return []
    return list(report["to_retry"]) or None
