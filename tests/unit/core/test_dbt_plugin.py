"""A build leaves its lines in logs/<run_id>.jsonl, without the values that a DETAIL may quote."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path
from types import ModuleType

import pytest

from ingest.settings import ROOT


@pytest.fixture(scope="module")
def plugin() -> ModuleType:
    path = ROOT / "orchestration" / "dbt_plugin" / "dbt_entrepot.py"
    spec = importlib.util.spec_from_file_location("plugin_under_test", path)
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _results(target: Path) -> None:
    target.mkdir(exist_ok=True)
    made = {
        "metadata": {"invocation_id": "abc"},
        "results": [
            {
                "unique_id": "model.entrepot.fait_nuitees",
                "status": "error",
                "message": "Database Error\n  duplicate key\n  DETAIL: Key (e_mail)=(a@b.fr)",
                "execution_time": 1.5,
                "adapter_response": {},
            },
            {
                "unique_id": "operation.entrepot.entrepot-on-run-start-0",
                "status": "success",
                "message": "",
                "execution_time": 0.1,
                "adapter_response": {},
            },
            {
                "unique_id": "test.entrepot.unique_x.123",
                "status": "warn",
                "message": "Got 1 result",
                "execution_time": 0.2,
                "adapter_response": {"rows_affected": 1},
            },
        ],
    }
    (target / "run_results.json").write_text(json.dumps(made), encoding="utf-8")


def test_each_node_leaves_one_line(
    plugin: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("ENTREPOT_LOG_DIR", raising=False)
    monkeypatch.setenv("ENTREPOT_RUN_ID", "run-1")
    _results(tmp_path / "target")
    plugin.write_lines(tmp_path / "target", tmp_path / "logs", "abc")
    text = (tmp_path / "logs" / "run-1.jsonl").read_text(encoding="utf-8")
    lines = [json.loads(line) for line in text.splitlines()]
    assert [(line["table_name"], line["step"], line["status"]) for line in lines] == [
        ("fait_nuitees", "build", "failed"),
        ("unique_x", "test", "warn"),
    ]
    assert "duplicate key" in lines[0]["error"]
    assert "a@b.fr" not in text


def test_the_results_of_another_invocation_are_not_ours(plugin: ModuleType, tmp_path: Path) -> None:
    _results(tmp_path / "target")
    plugin.write_lines(tmp_path / "target", tmp_path / "logs", "another")
    assert not (tmp_path / "logs").exists()
