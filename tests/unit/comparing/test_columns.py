"""Which columns are compared, as which type, and by which key."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from ingest.parts import Destination
from ingest.settings import STATE_DIR, SettingsError, Warehouse
from orchestration import dbt_nodes, report_page
from orchestration.comparing import keys, scratch, telling
from orchestration.comparing.columns import pair
from orchestration.comparing.counting import Changed, Example, Found


@pytest.mark.parametrize(
    ("one", "other", "as_type"),
    [
        ("integer", "integer", "integer"),
        ("integer", "bigint", "numeric"),
        ("numeric(9,2)", "numeric(12,4)", "numeric"),
        ("numeric(9,2)", "double precision", "double precision"),
        ("text", "character varying(20)", "text"),
        ("character(3)", "character(3)", "text"),
        ("date", "timestamp(3) without time zone", "timestamp without time zone"),
        ("date", "timestamp with time zone", "timestamp with time zone"),
        ("json", "json", "jsonb"),
        ("json", "jsonb", "jsonb"),
        ("point", "point", "text"),
        ("integer[]", "integer[]", "text"),
        ("text", "integer", "text"),
        ("boolean", "boolean", "boolean"),
    ],
)
def test_values_meet_in_a_type(one: str, other: str, as_type: str) -> None:
    (shared,) = pair({"c": one}, {"c": other}, ()).shared
    assert shared.compared_as == as_type
    assert shared.is_retyped is (one != other)


def test_what_equality_leaves_out_is_left_out_on_both_sides() -> None:
    own = dict.fromkeys(
        ["k", "_run_id", "_loaded_at", "created_at", "_dlt_id", "dbt_scd_id", "run_id"], "text"
    )
    found = pair(own, {**own, "dbt_valid_to": "date", "neuf": "date"}, ["k"])
    assert [column.name for column in found.shared] == ["k", "run_id"]
    assert found.left_out == ("_run_id", "_loaded_at", "created_at", "_dlt_id", "dbt_scd_id")
    assert (found.only_a, found.only_b) == ({}, {"neuf": "date"})
    assert found.differ


def test_a_key_is_compared_whatever_it_is_called() -> None:
    found = pair({"dbt_scd_id": "text"}, {"dbt_scd_id": "text"}, ["dbt_scd_id"])
    assert [column.name for column in found.shared] == ["dbt_scd_id"]


def test_everything_or_a_little_less() -> None:
    own = {"k": "text", "_run_id": "text", "v": "text"}
    found = pair(own, own, ["k"], ignored=["v"], everything=True)
    assert [column.name for column in found.shared] == ["k", "_run_id"]
    assert found.left_out == ("v",)
    assert not found.differ


UNIQUE = {
    "attached_node": "model.entrepot.m",
    "column_name": "code",
    "test_metadata": {"name": "unique"},
}


@pytest.mark.parametrize(
    ("node", "tests", "key"),
    [
        ({"primary_key": ["a", "b"]}, {}, ["a", "b"]),
        ({"config": {"unique_key": "id"}}, {}, ["id"]),
        ({"config": {"unique_key": ["id", "jour"]}}, {}, ["id", "jour"]),
        ({"config": {}}, {"t": UNIQUE}, ["code"]),
        ({"config": {}}, {"t": {**UNIQUE, "attached_node": "model.entrepot.n"}}, []),
        ({"config": {}}, {"t": {**UNIQUE, "test_metadata": {"name": "not_null"}}}, []),
        ({"config": {}}, {}, []),
    ],
)
def test_the_key_that_dbt_declares(
    node: dict[str, Any], tests: dict[str, Any], key: list[str]
) -> None:
    own = {"unique_id": "model.entrepot.m", **node}
    assert keys.declared({"nodes": tests}, own) == key


def test_a_relation_is_found_by_its_alias_in_its_schema() -> None:
    manifest = {"nodes": {"x": {"schema": "ods", "alias": "produit", "name": "ods_erp__produit"}}}
    assert keys.node_of(manifest, Destination("ods", "produit"))
    assert keys.node_of(manifest, Destination("raw_erp", "produit")) is None


def test_a_key_is_settled() -> None:
    names = ["a", "b", "c"]
    assert keys.settle(["c", "c"], [["a"]], names, "m") == ["c"]
    assert keys.settle([], [["gone"], [], ["a", "b"]], names, "m") == ["a", "b"]
    with pytest.raises(SettingsError, match="--key z: both sides"):
        keys.settle(["z"], [], names, "m")
    with pytest.raises(SettingsError, match="m: no key is known"):
        keys.settle([], [["gone"]], names, "m")


def _node(**values: Any) -> dict[str, Any]:
    return {
        "resource_type": "model", "name": "m", "schema": "dwh_facts", "alias": "m",
        "unique_id": "model.entrepot.m", "compiled_code": "select 1",
        "columns": {"n": {"data_type": "numeric(9,2)"}},
        "config": {"materialized": "table"},
        **values,
    }  # fmt: skip


def test_a_contract_gives_the_types_of_the_scratch_build() -> None:
    enforced = scratch._compiled({"nodes": {"m": _node(contract={"enforced": True})}}, "m")
    assert enforced.types == {"n": "numeric(9,2)"}
    free = scratch._compiled({"nodes": {"m": _node(contract={"enforced": False})}}, "m")
    assert free.types == {}


@pytest.mark.parametrize(
    ("node", "said"),
    [
        (_node(name="other"), "there is no such model"),
        (_node(config={"materialized": "ephemeral"}), "it is ephemeral"),
        (_node(resource_type="snapshot"), "there is no such model"),
    ],
)
def test_what_cannot_be_built_is_refused(node: dict[str, Any], said: str) -> None:
    with pytest.raises(SettingsError, match=said):
        scratch._compiled({"nodes": {"m": node}}, "m")


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (None, ""),
        (Decimal("1234.5000"), "1,234.5"),
        (Decimal("1E+3"), "1,000"),
        (Decimal("0.00"), "0"),
        (Decimal("NaN"), "NaN"),
        (0.1 + 0.2, "0.3"),
    ],
)
def test_sums_are_readable(value: Any, said: str) -> None:
    assert telling.plain(value) == said


def test_a_sum_that_is_too_wide_is_rounded_on_a_terminal_alone() -> None:
    total = Decimal("12345678901234567890123456789012.5")
    assert telling.plain(total) == "12,345,678,901,234,567,890,123,456,789,012.5"
    assert telling.plain(total, 16) == "1.23457e+31"
    assert telling.plain(Decimal("1234.50"), 16) == "1,234.5"


def _told(*examples: Example) -> telling.Told:
    columns = pair({"k": "text", "v": "numeric"}, {"k": "text", "v": "numeric"}, ["k"])
    wide = Changed(columns.shared[1], 3, Decimal("1e20") / 3, Decimal("-1e20") / 3)
    found = Found(9, 9, 6, changed=3, columns=[wide], examples=list(examples))
    return telling.Told("m", "a", "b", ("k",), columns, found)


def test_what_differs_is_seen_in_80_columns_however_long_and_odd_the_values(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    long = "x" * 500
    told = _told(
        Example((f"{long}\n\x1b[2J",), "v", f"{long}1{long}", f"{long}2{long}"),
        Example(("a\n<b>",), "v", "", None),
        Example(("b",), "v", long, f"{long}+"),
        Example(("c",), "v", {"é": [1, None]}, memoryview(b"\0\xff")),
    )
    said = telling.as_text(told)
    lines = said.splitlines()
    assert max(map(len, lines)) <= 80
    assert "\x1b" not in said and "  a\\n<b>" in lines
    assert "    v: …xxxxxx1xxxxxxxxxxxxxxx… -> …xxxxxx2xxxxxxxxxxxxxxx…" in lines
    assert "    v: (blank) -> (null)" in lines
    assert "    v: …xxxxxx -> …xxxxxx+" in lines
    assert '    v: {"é": [1, null]} -> 00ff' in lines
    first, second, *_ = telling.as_data(told)["examples"]["changed"]
    assert first["a"] != first["b"] and max(map(len, first.values())) <= 120 * 2
    assert (second["a"], second["b"]) == ("", None)
    monkeypatch.setattr(report_page, "FOLDER", tmp_path)
    page = telling.write_page(told).read_text(encoding="utf-8")
    assert "<td>a\n&lt;b&gt;</td><td>v</td><td>(blank)</td><td>(null)</td>" in page


def test_what_dbt_says_is_told_in_one_line(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    dbt = tmp_path / "dbt"
    said = "Encountered an error:\nCompilation Error in model m (m.sql)\n  'no_such' is undefined\n"
    dbt.write_text(f"#!/bin/sh\ncat <<'END'\n{said}END\nexit 2\n")
    dbt.chmod(0o700)
    monkeypatch.setattr(dbt_nodes, "dbt_command", lambda: str(dbt))
    home = Warehouse("dev", "127.0.0.1", 1, "d", "u", "p")
    with pytest.raises(SettingsError) as told:
        scratch.compile_model(home, "m")
    assert str(told.value) == (
        "m: dbt cannot compile it: Compilation Error in model m (m.sql) 'no_such' is undefined"
    )
    assert list(STATE_DIR.glob("diff-*")) == []


def test_what_dbt_parsed_last_is_not_parsed_again(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "partial_parse.msgpack").write_bytes(b"parsed")
    dbt = tmp_path / "dbt"
    page = json.dumps({"nodes": {"m": _node(primary_key=["n"])}})
    dbt.write_text(
        "#!/bin/sh\nfor last; do :; done\n"
        f"cmp -s $last/partial_parse.msgpack {tmp_path}/partial_parse.msgpack || exit 1\n"
        f"echo '{page}' > $last/manifest.json\n"
    )
    dbt.chmod(0o700)
    monkeypatch.setattr(dbt_nodes, "dbt_command", lambda: str(dbt))
    monkeypatch.setattr(scratch, "target_folder", lambda variables: tmp_path)
    compiled = scratch.compile_model(Warehouse("dev", "127.0.0.1", 1, "d", "u", "p"), "m")
    assert (compiled.query, compiled.key) == ("select 1", ("n",))
    assert compiled.to == Destination("dwh_facts", "m")


@pytest.mark.parametrize("said", ["", "only this\n"])
def test_whatever_dbt_says_there_is_a_line(said: str) -> None:
    assert dbt_nodes._why(said) == (said.strip() or "it says nothing")
