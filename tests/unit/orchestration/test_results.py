"""What is read from dbt's own files of a build and of freshness."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from orchestration.results import read_build, read_freshness


@pytest.fixture
def target(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr("orchestration.results.environment", lambda: {"DBT_TARGET_PATH": tmp_path})
    return tmp_path


def _result(unique_id: str, status: str, **values: Any) -> dict[str, Any]:
    return {"unique_id": unique_id, "status": status, "execution_time": 0.5, **values}


def _write(target: Path, name: str, results: list[dict[str, Any]]) -> None:
    (target / name).write_text(json.dumps({"results": results}), encoding="utf-8")


def test_a_build_is_told_by_layer_with_its_tests(target: Path) -> None:
    fact = '"warehouse"."dwh_facts"."fait_nuitees"'
    mart = '"warehouse"."dwh_marts"."mart_a"'
    _write(
        target,
        "run_results.json",
        [
            _result(
                "model.entrepot.fait_nuitees",
                "success",
                relation_name=fact,
                adapter_response={"rows_affected": 12},
            ),
            _result(
                "model.entrepot.mart_a",
                "error",
                relation_name=mart,
                message="Database Error in model mart_a\n  division by zero\n  DETAIL: name = Aya",
            ),
            _result("seed.entrepot.zones", "success", adapter_response={"rows_affected": -1}),
            _result("test.entrepot.unique_a.123", "pass"),
            _result("test.entrepot.not_null_a.456", "fail"),
            _result("operation.entrepot.hook-0", "success"),
        ],
    )
    built = read_build(0)
    assert [(x.schema, x.done, x.of, x.rows) for x in built.layers()] == [
        ("dwh_facts", 1, 1, 12),
        ("dwh_marts", 0, 1, 0),
        ("seeds", 1, 1, 0),
    ]
    assert built.tests == {"pass": 1, "fail": 1}
    assert [node.name for node in built.bad] == ["mart_a", "not_null_a"]
    assert built.said == "mart_a: Database Error in model mart_a   division by zero and 1 more"


def test_results_of_an_earlier_build_are_not_this_ones(target: Path) -> None:
    _write(target, "run_results.json", [_result("model.entrepot.a", "success")])
    path = target / "run_results.json"
    os.utime(path, (100, 100))
    assert read_build(101).nodes == []
    assert len(read_build(99).nodes) == 1
    assert read_freshness(0) == []


def test_late_sources_are_told_with_their_age(target: Path) -> None:
    age = {"max_loaded_at_time_ago_in_s": 7200.0}
    _write(
        target,
        "sources.json",
        [
            {"unique_id": "source.entrepot.sigeti.lots", "status": "pass", **age},
            {"unique_id": "source.entrepot.sigeti.agents", "status": "warn", **age},
            {"unique_id": "source.entrepot.erp.client", "status": "error", **age},
            {"unique_id": "source.entrepot.erp.never", "status": "runtime error"},
        ],
    )
    assert [(x.key, x.is_error, x.hours) for x in read_freshness(0)] == [
        ("sigeti.agents", False, 2.0),
        ("erp.client", True, 2.0),
        ("erp.never", True, None),
    ]
