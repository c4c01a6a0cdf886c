"""The steps of a run: what is tried again, what stops it, what is told."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from ingest.catalog import load_catalog, select
from ingest.settings import SettingsError, Warehouse
from orchestration import run as page
from orchestration.processes import Ended
from orchestration.run import Job, Outcome, Step, directly
from orchestration.run_findings import findings_of, subjects_of

HOME = Warehouse("dev", "127.0.0.1", 5432, "entrepot", "entrepot", "")
GOOD: dict[str, Any] = {
    **{"exit_code": 0, "tables": {}, "failures": []},
    **{"to_retry": [], "unanswered": [], "stopped": False},
}
SILENT = {
    **GOOD,
    "exit_code": 1,
    "failures": ["SIGETI_URL does not answer"],
    "unanswered": ["SIGETI_URL does not answer"],
    "to_retry": ["sigeti.lots", "sigeti.zones_industrielles"],
}
BAD_FILE = {**GOOD, "exit_code": 1, "failures": ["a.csv: empty"]}
STOPPED = {**BAD_FILE, "stopped": True}
LOCKED = {"exit_code": 1, "failures": ["run_all: another run is landing"]}
REFUSED = {"exit_code": 2, "failures": ["run_all: no such source"]}


class Landing:
    """Stands for run_all.py: gives the reports one after the other, notes what it was asked."""

    def __init__(self, reports: Sequence[Mapping[str, Any]]):
        self._reports = list(reports)
        self.asked: list[list[str]] = []
        self.attempts: list[str] = []

    def __call__(
        self, command: Sequence[str], variables: Mapping[str, str], seconds: float, **_: Any
    ) -> Ended:
        parts = list(command)
        self.asked.append([b for a, b in pairwise(parts) if a == "--select"])
        self.attempts.append(variables["ENTREPOT_ATTEMPT"])
        report = self._reports.pop(0)
        Path(parts[parts.index("--report") + 1]).write_text(json.dumps(report))
        return Ended(report["exit_code"], 0.1)


def _land(
    monkeypatch: pytest.MonkeyPatch, *reports: Mapping[str, Any], **job: Any
) -> tuple[Landing, Step, Outcome, bool]:
    """Run the step ingest on these reports; also says whether a build may follow."""
    landing = Landing(reports)
    monkeypatch.setattr(page, "call", landing)
    tables = select(load_catalog(), ["sigeti"])
    made = Job(select=("sigeti",), retry_after=(0.0, 0.0), **job)
    steps = page._Run(made, HOME, tables, directly, landing, quiet=True)
    step = Step("ingest", "ok", 0.0)
    steps._ingest(step)
    return landing, step, steps._outcome, steps._may_build


def test_a_source_that_did_not_answer_is_asked_again_for_its_tables_alone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    landing, step, _, may_build = _land(monkeypatch, SILENT, GOOD)
    assert landing.asked == [["sigeti"], ["sigeti.lots", "sigeti.zones_industrielles"]]
    assert landing.attempts == ["1", "2"]
    assert (step.status, may_build) == ("ok", True)


def test_what_failed_for_good_in_an_earlier_attempt_is_not_forgotten(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    both = {**SILENT, "failures": ["a.csv: empty", *SILENT["failures"]]}
    _, step, _, may_build = _land(monkeypatch, both, GOOD)
    assert (step.status, step.note, may_build) == ("failed", "a.csv: empty", True)


def test_what_a_critical_table_kept_from_being_read_is_read_when_it_answers(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    landing, step, _, may_build = _land(monkeypatch, {**SILENT, "stopped": True}, GOOD)
    assert landing.asked == [["sigeti"], ["sigeti"]]
    assert (step.status, may_build) == ("ok", True)


def test_it_is_asked_only_so_often(monkeypatch: pytest.MonkeyPatch) -> None:
    landing, step, _, _ = _land(monkeypatch, SILENT, SILENT, SILENT)
    assert len(landing.asked) == 3
    assert (step.status, step.note) == ("failed", "SIGETI_URL does not answer")


def test_a_run_that_could_not_go_on_is_tried_again_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    landing, step, _, _ = _land(monkeypatch, LOCKED, GOOD)
    assert landing.asked == [["sigeti"], ["sigeti"]]
    assert step.status == "ok"


@pytest.mark.parametrize(
    ("report", "continues", "may_build"),
    [
        (BAD_FILE, False, True),
        (STOPPED, False, False),
        (STOPPED, True, True),
    ],
)
def test_what_failed_for_good_is_not_tried_again_and_only_a_critical_table_stops_the_build(
    monkeypatch: pytest.MonkeyPatch, report: Mapping[str, Any], continues: bool, may_build: bool
) -> None:
    landing, step, outcome, builds = _land(monkeypatch, report, continue_on_error=continues)
    assert len(landing.asked) == 1
    assert step.status == "failed"
    assert not outcome.refused
    assert builds is may_build


def test_wrong_settings_end_the_run(monkeypatch: pytest.MonkeyPatch) -> None:
    _, _, outcome, may_build = _land(monkeypatch, REFUSED)
    assert (outcome.refused, outcome.code, may_build) == (True, 2, False)


def test_waits_that_are_no_numbers_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(page, "environment", lambda: {"ENTREPOT_RETRY_AFTER": "soon"})
    with pytest.raises(SettingsError, match="ENTREPOT_RETRY_AFTER is 'soon'"):
        page._retry_after()
    monkeypatch.setattr(page, "environment", lambda: {"ENTREPOT_RETRY_AFTER": "1 2.5"})
    assert page._retry_after() == (1.0, 2.5)


class Rows:
    """Stands for a connection: answers the two queries of the findings."""

    def __init__(self, loads: Sequence[Any], files: Sequence[Any]):
        self._answers = [loads, files]

    def cursor(self) -> Rows:
        return self

    def __enter__(self) -> Rows:
        return self

    def __exit__(self, *_: object) -> None: ...

    def execute(self, *_: object) -> None: ...

    def fetchall(self) -> Sequence[Any]:
        return self._answers.pop(0)

    def close(self) -> None: ...


def _found(
    monkeypatch: pytest.MonkeyPatch, loads: Sequence[Any], files: Sequence[Any]
) -> list[tuple[str, str]]:
    monkeypatch.setattr("orchestration.run_findings.connect", lambda *_, **__: Rows(loads, files))
    outcome = Outcome("20261120T000000Z-0000", Job("sigeti"), ingest=dict(SILENT))
    outcome.steps.append(Step("ingest", "failed", 1.0, "SIGETI_URL does not answer"))
    tables = select(load_catalog(), ["sigeti"])
    made = findings_of(outcome, HOME, tables)
    subjects = subjects_of(outcome, tables)
    assert {finding.subject for finding in made} <= subjects
    return [(finding.kind, finding.subject) for finding in made]


def test_a_source_that_is_silent_is_one_alert(monkeypatch: pytest.MonkeyPatch) -> None:
    names = [table.name for table in select(load_catalog(), ["sigeti"])]
    loads = [("sigeti", name, "SIGETI_URL does not answer") for name in names]
    assert _found(monkeypatch, loads, []) == [("source_failed", "sigeti")]


def test_tables_that_failed_each_for_its_reason_are_told_apart(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    loads = [("sigeti", "lots", "type changed"), ("sigeti", "agents", "no key")]
    files = [("sigeti.lots", 2, "a.csv", "empty"), ("erp.client", 1, "b.csv", "empty")]
    assert _found(monkeypatch, loads, files) == [
        ("load_failed", "sigeti.agents"),
        ("file_failed", "sigeti.lots"),
    ]


def test_a_run_that_ended_before_its_tables_is_told_as_a_run(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("orchestration.run_findings.connect", lambda *_, **__: Rows([], []))
    outcome = Outcome("20261120T000000Z-0000", Job("nightly"), ingest=dict(LOCKED))
    outcome.steps.append(Step("ingest", "failed", 1.0, "another run is landing"))
    (finding,) = findings_of(outcome, HOME, [])
    assert (finding.kind, finding.subject, finding.error) == (
        "run_failed",
        "nightly",
        "another run is landing",
    )
