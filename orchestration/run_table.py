"""The end of a run: one table for a person, the same as JSON for a program."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

from tabulate import tabulate

from ingest.report import STATUSES
from orchestration.run import Outcome

# dbt's words for what came of a test.
TEST_WORDS = (("pass", "passed"), ("warn", "warned"), ("fail", "failed"), ("error", "failed"))


def _files(outcome: Outcome) -> Counter[str]:
    """Delivered files of all attempts by status."""
    counts: Counter[str] = Counter()
    for report in outcome.ingests:
        counts.update(report.get("total", {}).get("files", {}))
    return counts


def _rows(outcome: Outcome, name: str) -> int:
    return sum(report.get("total", {}).get(name) or 0 for report in outcome.ingests)


def _landing(outcome: Outcome) -> tuple[int, int, int, float]:
    """Tables that landed, tables in all, rows that changed, seconds."""
    tables: dict[str, dict[str, Any]] = {}
    changed, seconds = 0, 0.0
    for report in outcome.ingests:
        tables |= report.get("tables", {})
        seconds += report.get("total", {}).get("seconds", 0.0)
        for values in report.get("tables", {}).values():
            rows = values["rows_changed"]
            changed += values["rows_landed"] if rows is None else rows
    asked = max(len(tables), outcome.asked)
    return asked - len(outcome.failed_tables), asked, changed, seconds


def as_table(outcome: Outcome) -> str:
    """Layers, tests, files and rejects in 80 columns, and how the run ended."""
    done, of, rows, seconds = _landing(outcome)
    lines = [("raw", f"{done} of {of}", f"{rows:,}", f"{seconds:.1f}")]
    lines += [
        (layer.schema, f"{layer.done} of {layer.of}", f"{layer.rows:,}", f"{layer.seconds:.1f}")
        for layer in outcome.built.layers()
    ]
    text = [
        tabulate(
            lines,
            headers=("layer", "models", "rows written", "s"),
            colalign=("left", "right", "right", "right"),
            disable_numparse=True,
        ),
        "",
    ]
    tests = outcome.built.tests
    words = Counter({word: 0 for _, word in TEST_WORDS})
    for status, word in TEST_WORDS:
        words[word] += tests[status]
    counted = ", ".join(f"{count} {word}" for word, count in words.items() if count)
    text.append(f"tests    {counted or 'none: nothing new to build'}")
    files = _files(outcome)
    named = ", ".join(f"{files[status]} {status}" for status in STATUSES if files[status])
    text.append(f"files    {named or 'none'}")
    text.append(
        f"rejects  {_rows(outcome, 'rows_rejected'):,} of {_rows(outcome, 'rows_read'):,} rows"
    )
    if outcome.stale:
        late = ", ".join(stale.key for stale in outcome.stale[:3])
        text.append(f"late     {len(outcome.stale)} tables: {late}")
    for step in outcome.steps:
        if step.status in ("failed", "skipped"):
            text.append(f"{step.name} {step.status}: {step.note}")
    word = "done" if not outcome.code else "ended with failures"
    text.append(f"Run {outcome.run_id} {word} in {outcome.seconds:.1f} s.")
    return "\n".join(text)


def as_json(outcome: Outcome) -> str:
    """The same for a program."""
    done, of, rows, seconds = _landing(outcome)
    return json.dumps(
        {
            "run_id": outcome.run_id,
            "name": outcome.job.name,
            "exit_code": outcome.code,
            "seconds": round(outcome.seconds, 3),
            "steps": [
                {
                    "name": step.name,
                    "status": step.status,
                    "seconds": round(step.seconds, 3),
                    "note": step.note,
                }
                for step in outcome.steps
            ],
            "layers": [
                {"layer": "raw", "done": done, "of": of, "rows": rows, "seconds": seconds},
                *(
                    {
                        "layer": layer.schema,
                        "done": layer.done,
                        "of": layer.of,
                        "rows": layer.rows,
                        "seconds": round(layer.seconds, 3),
                    }
                    for layer in outcome.built.layers()
                ),
            ],
            "tests": dict(outcome.built.tests),
            "files": {status: _files(outcome)[status] for status in STATUSES},
            "rows_read": _rows(outcome, "rows_read"),
            "rows_rejected": _rows(outcome, "rows_rejected"),
            "late": [stale.key for stale in outcome.stale],
            "findings": [
                {"kind": item.kind, "subject": item.subject, "message": item.message}
                for item in outcome.findings
            ],
        },
        ensure_ascii=False,
        indent=2,
    )
