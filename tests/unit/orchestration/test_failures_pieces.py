"""Which columns are keys, by manifest and catalog alone, and what a test means."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import pytest

from ingest.catalog import Catalog, Generated, Source, Subject, Table
from ingest.settings import Warehouse
from orchestration import run as running
from orchestration.changes import ToBuild
from orchestration.failures.gathering import failed_tests
from orchestration.failures.model import Kept
from orchestration.failures.project import Project
from orchestration.failures.telling import as_table, keys_as_table, meaning
from orchestration.processes import TIMED_OUT, Ended
from orchestration.results import Built


def a_node(name: str, kind: str = "model", **more: Any) -> dict[str, Any]:
    return {
        "unique_id": f"{kind}.entrepot.{name}",
        "name": name,
        "resource_type": kind,
        "columns": {},
        "config": {},
        "original_file_path": f"{name}.yml",
        **more,
    }


def a_test(name: str, kind: str, model: str, **kwargs: Any) -> dict[str, Any]:
    return a_node(
        name,
        "test",
        attached_node=f"model.entrepot.{model}",
        column_name=kwargs.get("column_name"),
        test_metadata={"name": kind, "kwargs": {"model": "{{ ref }}", **kwargs}, "namespace": None},
    )


def a_project(*nodes: dict[str, Any]) -> Project:
    manifest = {"nodes": {node["unique_id"]: node for node in nodes}, "sources": {}}
    return Project(manifest, Catalog(()))


def test_a_key_is_the_contracts_else_the_increments_else_what_is_unique() -> None:
    columns: dict[str, Any] = {"a": {}, "b": {}}
    by_column = {"a": {"constraints": [{"type": "primary_key"}]}, "b": {"constraints": []}}
    project = a_project(
        a_node("one", constraints=[{"type": "check"}, {"type": "primary_key", "columns": ["b"]}]),
        a_node("two", columns=by_column),
        a_node("three", config={"unique_key": ["a", "b"]}),
        a_node("four", "snapshot", config={"unique_key": "a"}),
        a_node("five", columns=columns),
        a_test("u1", "unique", "five", column_name="a || '.' || b"),
        a_node("six", columns=columns),
    )
    keys = {name.split(".")[-1]: project.primary_key(name) for name in project.nodes}
    assert keys == {
        "one": ["b"],
        "two": ["a"],
        "three": ["a", "b"],
        "four": ["a", "dbt_valid_from"],
        "five": ["a", "b"],
        "six": [],
        "u1": [],
    }
    # Of a model without a key, what is a key elsewhere names its rows.
    assert project.kept_of(project.nodes["model.entrepot.six"]) == ["a", "b"]


def test_a_personal_column_is_no_key_even_where_a_contract_says_so() -> None:
    table = Table(
        *("erp", "client", "raw_erp", "client", "x.yml", ("ERP_URL",), Generated()),
        pii={"E-Mail": "drop", "Usr": "pseudonymise"},
        subjects=(Subject("client", ("id",), personal=("Surnom",)),),
    )
    key = ["id", "e_mail", "usr", "surnom", "nom_centre", "libelle", "libelle_zone", "motif"]
    node = a_node("dim", constraints=[{"type": "primary_key", "columns": key}])
    manifest = {"nodes": {node["unique_id"]: node}, "sources": {}}
    project = Project(manifest, Catalog((Source("erp", "raw_erp", "ERP_URL", {}, (table,)),)))
    # The label itself is what lists are looked up by.
    assert project.kept_of(node) == ["id", "libelle"]
    assert project.key_names == {"id", "libelle", "_file_id", "_row_number"}


def test_what_a_test_means_is_said_whether_or_not_somebody_wrote_it() -> None:
    model = a_node("fait")
    made = [
        a_test("t1", "not_null", "fait", column_name="x"),
        a_test("t2", "unique", "fait", column_name="x"),
        a_test("t3", "relationships", "fait", column_name="x", to="ref('dim')", field="y"),
        a_test("t4", "accepted_values", "fait", column_name="x", values=["a", 1]),
        a_test("t5", "cle_connue", "fait", column_name="x", dimension="ref('dim')"),
        a_node("t6", "test", raw_code="-- One rule,\n-- in two lines.\n{{ config() }}\n-- not\n"),
        a_node("t7", "test", raw_code="", description="Somebody's\nwords."),
    ]
    project = a_project(model, *made)
    assert [meaning(project, node) for node in made] == [
        "x of fait is never null.",
        "x of fait is never there twice.",
        "x of fait is always a y of ref('dim').",
        "x of fait is one of a, 1.",
        "cle_connue of fait (column: x, dimension: ref('dim')).",
        "One rule, in two lines.",
        "Somebody's words.",
    ]


def test_only_failed_data_tests_of_this_database_are_taken() -> None:
    def result(unique_id: str, status: str, code: str | None) -> dict[str, Any]:
        timing = [{"completed_at": "2026-11-20T06:00:00.5Z"}, {"completed_at": None}]
        return {
            "unique_id": unique_id,
            "status": status,
            "failures": 3,
            "compiled_code": code,
            "timing": timing,
        }

    here = 'select 1 from "here"."dwh_facts"."fait"'
    results = {
        "metadata": {"generated_at": "2026-11-20T07:00:00Z"},
        "results": [
            result("model.entrepot.fait", "error", here),
            result("unit_test.entrepot.fait.u", "fail", None),
            result("test.entrepot.passed.1", "pass", here),
            result("test.entrepot.failed.2", "fail", here),
            result("test.entrepot.warned.3", "warn", here),
            result("test.entrepot.broken.4", "error", None),
        ],
    }
    found = failed_tests(results, "here")
    assert [(one.test, one.status) for one in found] == [
        ("failed", "fail"),
        ("warned", "warn"),
        ("broken", "error"),
    ]
    assert found[0].failed_at == datetime(2026, 11, 20, 6, 0, 0, 500_000, UTC)
    assert failed_tests(results, "there") == []
    assert failed_tests({}, "here") == []


def test_wide_keys_are_written_one_below_the_other() -> None:
    moment = datetime(2026, 11, 20, tzinfo=UTC)
    narrow = [{"id": 1, "day": "2026-01-01"}, {"id": 2, "day": None}]
    kept = Kept("t", "fait", "fail", 2, moment, "r", None, narrow)
    assert keys_as_table(kept, 20).splitlines()[0].split() == ["id", "day"]
    assert len(keys_as_table(kept, 1).splitlines()) == 3
    wide = Kept("t", "fait", "fail", 1, moment, "r", None, [{f"c{i}": "x" * 30 for i in range(4)}])
    said = keys_as_table(wide, 20)
    assert said.splitlines()[0] == f"c0: {'x' * 30}" and max(map(len, said.splitlines())) <= 80
    gone = as_table([Kept("t" * 90, None, "warn", None, moment, "r", "why")], a_project())
    assert "no longer has this test" in gone and "no keys: why" in gone
    assert max(map(len, gone.splitlines())) <= 80


@pytest.mark.parametrize(
    ("selectors", "code", "keeps"),
    [(("source:sigeti+",), 1, True), (("source:sigeti+",), TIMED_OUT, False), ((), 0, False)],
)
def test_a_run_keeps_what_its_build_found_under_its_own_name(
    monkeypatch: pytest.MonkeyPatch, selectors: tuple[str, ...], code: int, keeps: bool
) -> None:
    """Within the lock: the next build overwrites what dbt says of this one."""
    said: list[Any] = []

    @contextmanager
    def locked(_: Warehouse) -> Iterator[None]:
        said.append("locked")
        yield
        said.append("free")

    def kept(_: Warehouse, **wanted: Any) -> None:
        said.append(wanted["run_id"])

    monkeypatch.setattr(running, "writers_lock", locked)
    monkeypatch.setattr(running, "to_build", lambda *_: ToBuild(False, selectors, {}))
    monkeypatch.setattr(running, "note_built", lambda *_: None)
    monkeypatch.setattr(running, "keep_failures", kept)
    monkeypatch.setattr(running, "read_build", lambda _: Built())
    monkeypatch.setattr(running, "read_freshness", lambda _: [])
    home = Warehouse("dev", "127.0.0.1", 5432, "entrepot", "entrepot", "")
    steps = running._Run(
        running.Job(), home, [], running.directly, lambda *_: Ended(code, 1.0), quiet=True
    )
    steps._build(running.Step("build", "ok", 0.0))
    run_id = steps._outcome.run_id
    assert said == (["locked", run_id, "free"] if keeps else ["locked", "free"])
