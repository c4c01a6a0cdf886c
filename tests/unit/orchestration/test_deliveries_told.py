"""What `withdraw` and `why` say of odd cases, and how a key is read."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from ingest.settings import SettingsError, Warehouse
from ingest.withdrawals import Content
from orchestration.deliveries import graph as graphs
from orchestration.deliveries import telling_why, telling_withdrawals
from orchestration.deliveries.falling_back import Fallback, Falling
from orchestration.deliveries.graph import Graph, read_graph
from orchestration.deliveries.keyed import Keyed, Load, parse_key
from orchestration.deliveries.sessions import Log, Session
from orchestration.deliveries.slices import Held, Slice, place_type
from orchestration.deliveries.withdrawing import Outcome
from tests.unit.orchestration.test_election import candidate

NOON = datetime(2024, 3, 1, 12, tzinfo=UTC)
DAY = date(2024, 2, 29)


def content(number: int = 1, **told: Any) -> Content:
    values: dict[str, Any] = {
        "file_id": f"{number:020}",
        "source": "fluxvision",
        "table": "nuitee",
        "logical_name": "nuitee/2024B1/CABA",
        "status": "landed",
        "reason": None,
        "paths": [f"{'deep/' * 30}{number}.csv"],
        "last_path": f"{'deep/' * 30}{number}.csv",
        "delivered_at": NOON,
        "first_day": date(2023, 12, 31),
        "last_day": DAY,
        "rows": 1234,
        "until": None,
        "is_purged": False,
    }
    return Content(**{**values, **told})


def outcome(**told: Any) -> Outcome:
    values: dict[str, Any] = {
        "run_id": "20261120T061614Z-3f9a",
        "reason": "wrong",
        "dry_run": False,
        "acted": [],
        "settled": [],
        "purged": [],
        "earlier": 0,
    }
    return Outcome(**{**values, **told})


def whole(one: Outcome) -> str:
    text = f"{telling_withdrawals.listed(one)}\n{telling_withdrawals.said(one)}"
    assert max(map(len, text.splitlines())) <= 80, text
    return text


def test_a_long_list_is_cut_and_counted() -> None:
    acted = [content(number, reason=None) for number in range(50)]
    moves = [Fallback("lieu_activite_soir_departement", "PAYS_SAINT_FLOUR", DAY, DAY, 1, "x" * 90)]
    text = whole(outcome(acted=acted, falling=Falling(moves * 50, 1)))
    assert "50 files to be taken out" in text
    assert "and 10 more" in text
    assert "and 10 more lines (--json has them all)" in text
    assert "1 file of these tables not read by a build yet" in text
    assert "0.csv" in text


@pytest.mark.parametrize("first", [date(2023, 12, 30), date(2024, 2, 1), DAY])
def test_a_line_is_no_wider_than_a_terminal_whatever_its_names(first: date) -> None:
    long = Fallback(
        *("lieu_activite_soir_departement, weekly", "PAYS_SAINT_FLOUR_MARGERIDE"),
        *(first, DAY, 50_000, f"{'deep/' * 30}LieuActivite_2024B1_CABA0.csv"),
    )
    text = whole(outcome(acted=[content()], falling=Falling([long, replace(long, to=None)], 0)))
    assert "24B1_CABA0.csv" in text
    assert f"{first}" in text
    assert "50,000    no file: they go" in text


def test_nothing_is_known_of_what_no_build_has_read() -> None:
    assert "no figure is known to move" in whole(outcome(acted=[content()], falling=None))


def test_what_is_so_already_what_is_purged_and_what_moves_nothing_is_said() -> None:
    settled = [content(until=NOON, status="withdrawn", reason="r" * 200)]
    text = whole(outcome(settled=settled, purged=[content(is_purged=True)], earlier=1))
    assert "1 file withdrawn already" in text
    assert "1 file purged past retention: left as they are" in text
    assert "1 earlier version under the same paths" in text
    assert "Facts and marts follow" not in text
    text = whole(outcome(acted=[content()], falling=Falling([], 0), reason=None))
    assert "1 file to be put back" in text
    assert "none moves" in text
    assert "1 file back, run" in text


def test_too_many_slices_are_counted_only() -> None:
    moves = [Fallback("nuitee", "CANTAL", date(2023, 1, 1), DAY, 60_000, is_counted=True)]
    text = whole(outcome(acted=[content()], falling=Falling(moves, 0)))
    assert "60,000" in text
    assert "read from" not in text
    assert "no file" not in text
    text = whole(outcome(acted=[content()], falling=Falling([Fallback("n", "c", DAY, DAY, 1)], 0)))
    assert "no file: they go" in text


def test_a_slice_that_nobody_has_and_one_that_is_due_are_said() -> None:
    nobody = Slice("nuitee", "CANTAL", DAY, [], None, Held(0, 0, None, None))
    text = telling_why.slices_as_text([nobody], "fait_nuitees", [], "no seed knows it")
    assert "Note: no seed knows it" in text
    assert "No file that has landed has this slice." in text
    assert "fait_nuitees feeds no mart." in text
    assert not nobody.is_due

    out = candidate(status="withdrawn", reason="wrong", rule="withdrawn")
    due = Slice("nuitee", "CANTAL", DAY, [out], "f", Held(2, 30, "f", "a"))
    text = telling_why.slices_as_text([due], "fait_nuitees", ["mart_a", "mart_b"], None)
    assert due.is_due
    assert "2 rows, volume 30, from a." in text
    assert "the next one reads it from no file." in text
    assert "No file that counts has this slice." in text
    assert "not read, withdrawn (wrong): a person took it out" in text
    assert "feeds mart_a, mart_b." in text


def test_a_slice_is_due_too_when_the_fact_has_not_followed() -> None:
    read = candidate(file_id="new", wins=True)
    assert Slice("n", "z", DAY, [read], "new", Held(1, 1, "old", "a")).is_due
    assert not Slice("n", "z", DAY, [read], "new", Held(1, 1, "new", "a")).is_due
    # Every row of it was rejected.
    assert not Slice("n", "z", DAY, [read], "new", Held(0, 0, None, None)).is_due


def log(rule: str, **told: Any) -> Log:
    values: dict[str, Any] = {
        "file_id": rule,
        "logical_name": "lignes_log/DEM12/20250528",
        "path": f"DEM12/{rule}.LOG",
        "delivered_at": NOON,
        "lines": 3,
        "rejected": 0,
        "landed_at": NOON,
        "run_id": "r",
        "reason": None,
        "rule": rule,
        "has_events": True,
        "is_built": True,
    }
    return Log(**{**values, **told})


def test_the_logs_of_a_session_are_told_with_what_they_grew_from() -> None:
    logs = [
        log("read"),
        log("part of it"),
        log("withdrawn", is_built=False, reason="a test drive"),
        log("fewer lines", is_built=False, logical_name="other"),
        log("as many lines", is_built=False),
    ]
    session = Session("DEM12", DAY, logs, 1, {"no event": 2})
    assert not session.is_due
    text = telling_why.session_as_text(session, "fait_session_production", ["mart_x"])
    assert "grown from 1 earlier content" in text
    assert "DEM12/part of it.LOG" not in text
    assert "withdrawn (a test drive): a person took it out" in text
    assert "rejects, no event: 2" in text
    assert Session("DEM12", DAY, [log("read", is_built=False)], 0, {}).is_due
    assert Session("DEM12", DAY, [log("withdrawn")], 1, {}).is_due
    # What it grew from has the events of this day, itself it has none.
    end = log("read", has_events=False, is_built=False)
    assert not Session("DEM12", DAY, [end, log("part of it")], 1, {}).is_due
    text = telling_why.session_as_text(Session("DEM12", DAY, [], 0, {}), "f", [])
    assert "No log that has landed has an event of this session." in text


def test_a_row_is_told_with_the_loads_of_its_run() -> None:
    loads = [Load("erp.client", "r1", NOON, 4, True), Load("erp.produit", "r0", NOON, None, False)]
    text = telling_why.row_as_text(Keyed({"id": "7"}, 1, "r1", loads), "fait_x", [])
    assert "Its values came with run r1" in text
    assert "erp.client: 2024-03-01 12:00:00, of that run, 4 rows changed" in text
    assert "erp.produit: 2024-03-01 12:00:00, last, by run r0" in text
    text = telling_why.row_as_text(Keyed({"id": "8"}, 0, None, []), "fait_x", [])
    assert "fait_x has 0 rows of it." in text
    assert "none has ever been loaded" in text


@pytest.mark.parametrize(
    ("said", "key"),
    [
        (("1,2",), {"a": "1", "b": "2"}),
        (("1", "2"), {"a": "1", "b": "2"}),
        (("b=2, a=1",), {"a": "1", "b": "2"}),
        (('"1,5", 2',), {"a": "1,5", "b": "2"}),
        (('b=2,"a=1,5"',), {"a": "1,5", "b": "2"}),
    ],
)
def test_a_key_is_its_values_in_order_or_by_name(
    said: tuple[str, ...], key: dict[str, str]
) -> None:
    assert parse_key(said, ["a", "b"], "fait_x") == key


@pytest.mark.parametrize("said", ["a,b", "c=d, e", '"'])
def test_the_value_of_a_key_of_one_column_is_taken_as_it_is(said: str) -> None:
    assert parse_key([f"a={said}"], ["a"], "fait_x") == {"a": said}
    if "=" not in said:
        assert parse_key([said], ["a"], "fait_x") == {"a": said}


@pytest.mark.parametrize("said", [("1",), ("1,2,3",), ("a=1",), ("a=1,c=2",), ("",)])
def test_another_key_is_refused(said: tuple[str, ...]) -> None:
    with pytest.raises(SettingsError, match="the key of fait_x is a, b"):
        parse_key(said, ["a", "b"], "fait_x")


def test_the_kind_of_place_of_a_family() -> None:
    assert place_type("lieu_nuitee_soir_pays") == "nuitee_soir"
    assert place_type("lieu_activite_veille_departement") == "activite_veille"


def test_a_manifest_that_is_being_written_is_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "manifest.json").write_text('{"nodes": {"model.entr')
    monkeypatch.setattr(graphs, "dbt_target", lambda: tmp_path)
    home = Warehouse("dev", "localhost", 5432, "entrepot", "entrepot", "")
    with pytest.raises(SettingsError, match="is not whole: dbt is writing it"):
        read_graph(home)


def test_the_graph_leads_through_helpers_and_leaves_control_tables_out() -> None:
    def model(name: str, folder: str) -> dict[str, Any]:
        path = f"models/{folder}/{name}.sql"
        return {"resource_type": "model", "name": name, "original_file_path": path}

    def source(of: str, name: str) -> dict[str, Any]:
        return {"resource_type": "source", "source_name": of, "name": name}

    graph = Graph.of(
        {
            "nodes": {
                "f": {
                    **model("fait_x", "facts/x"),
                    "constraints": [
                        {"type": "check", "columns": []},
                        {"type": "primary_key", "columns": ["a", "b"]},
                    ],
                },
                "h": model("int_x", "marts/x"),
                "m": model("mart_x", "marts/x"),
                "s": model("stg_x", "staging/x"),
                "r": model("stg_x__rejets", "staging/x"),
                "t": {"resource_type": "test", "name": "t", "original_file_path": "models/marts"},
            },
            "sources": {"o": source("x", "one"), "e": source("etl", "run_log")},
            "parent_map": {"f": ["s", "e"], "s": ["o"], "m": ["h"], "h": ["f"], "r": ["o"]},
            "child_map": {"f": ["h", "t"], "h": ["m"], "o": ["s", "r"], "s": ["f"]},
        }
    )
    assert graph.facts() == {"fait_x": "f"}
    assert graph.marts("f") == ["mart_x"]
    assert graph.tables("f") == [("x", "one")]
    assert graph.fluxvision_tables("f") == []
    assert graph.primary_key("f") == ["a", "b"]
    assert graph.primary_key("m") == []
    assert graph.twin("x", "one") == "stg_x__rejets"
    assert graph.twin("etl", "run_log") is None
