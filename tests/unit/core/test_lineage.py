"""The page of the lineage of columns follows a union, and loads nothing from anywhere."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from ingest.settings import SettingsError, Warehouse
from orchestration import docs, drawings
from orchestration.lineage import write_lineage

DAYS, NIGHTS, BOTH = (f"model.entrepot.{name}" for name in ("days", "nights", "both"))
QUERIES = {
    DAYS: "select 1 as zone, 2 as volume",
    NIGHTS: "select 1 as zone, 3 as volume",
    BOTH: 'select zone, volume from "w"."s"."days" union all '
    'select zone, volume from "w"."s"."nights"',
}


def _project(folder: Path) -> None:
    """What `dbt docs generate` writes of three models, as far as lineage is made from it."""
    nodes: dict[str, Any] = {}
    catalog: dict[str, Any] = {}
    for node_id, query in QUERIES.items():
        name = node_id.split(".")[-1]
        columns = {column: {"name": column, "type": "integer"} for column in ("zone", "volume")}
        nodes[node_id] = {
            **{"unique_id": node_id, "name": name, "resource_type": "model", "database": "w"},
            **{"schema": "s", "alias": name, "compiled_code": query, "raw_code": query},
            **{"relation_name": f'"w"."s"."{name}"', "path": f"{name}.sql", "columns": columns},
            **{"original_file_path": f"models/{name}.sql", "description": "été", "tags": []},
            **{"config": {"materialized": "view"}, "refs": [], "fqn": ["entrepot", name]},
            "depends_on": {"nodes": [DAYS, NIGHTS] if node_id == BOTH else []},
        }
        metadata = {"type": "VIEW", "schema": "s", "name": name, "database": "w"}
        catalog[node_id] = {"unique_id": node_id, "metadata": metadata, "columns": columns}
    parents = {DAYS: [], NIGHTS: [], BOTH: [DAYS, NIGHTS]}
    children = {DAYS: [BOTH], NIGHTS: [BOTH], BOTH: []}
    manifest = {
        "metadata": {"adapter_type": "postgres", "project_name": "entrepot"},
        **{"nodes": nodes, "sources": {}, "exposures": {}, "disabled": {}},
        **{"parent_map": parents, "child_map": children},
    }
    (folder / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    (folder / "catalog.json").write_text(
        json.dumps({"nodes": catalog, "sources": {}}), encoding="utf-8"
    )


def test_a_column_is_followed_through_a_union(tmp_path: Path) -> None:
    _project(tmp_path)
    page = tmp_path / "site" / "lineage.html"
    assert write_lineage(tmp_path, page) == []
    text = page.read_text(encoding="utf-8")
    found = re.search(r'window\.colibriData = JSON\.parse\(atob\("([^"]+)"\)\)', text)
    assert found
    edges = json.loads(base64.b64decode(found[1]))["lineage"]["edges"]
    led = {(edge["source"], edge["sourceColumn"]) for edge in edges if edge["target"] == BOTH}
    assert {(DAYS, "volume"), (NIGHTS, "volume"), (DAYS, "zone"), (NIGHTS, "zone")} <= led
    # The statistics of the tool are off, and the browser would refuse to send them.
    assert "window.colibriTelemetry = false" in text
    assert text.index("Content-Security-Policy") < text.index("<script")
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        *("catalog.json", "manifest.json", "site")
    ]


def test_without_the_docs_one_line_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"manifest\.json and catalog\.json.*entrepot docs"):
        write_lineage(tmp_path, tmp_path / "lineage.html")


def test_everything_that_entrepot_docs_writes_is_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The site, the drawings and the lineage, of a project of three models that dbt has read."""
    target, site, stars = tmp_path / "target", tmp_path / "site", tmp_path / "stars.md"
    codes = [0, 0, 1]

    def as_dbt(_: Warehouse, arguments: Sequence[str], *, lock: bool) -> int:
        assert "--static" in arguments and not lock
        written = Path(arguments[arguments.index("--target-path") + 1])
        written.mkdir(exist_ok=True)
        _project(written)
        (written / "static_index.html").write_text("dbt's own page")
        return codes.pop(0)

    monkeypatch.setattr(docs, "run_dbt", as_dbt)
    monkeypatch.setattr(drawings, "PAGE", stars)
    for name, value in (("ROOT", tmp_path), ("SITE", site), ("TARGET", target)):
        monkeypatch.setattr(docs, name, value)
    home = Warehouse("dev", "127.0.0.1", 1, "w", "nobody", "secret", "disable")
    assert docs.write_everything(home) == site / "index.html"
    assert (site / "index.html").read_text() == "dbt's own page"
    assert (site / "pages" / "operator.html").exists()
    assert "colibriData" in (site / "lineage.html").read_text(encoding="utf-8")
    assert stars.read_text(encoding="utf-8").startswith("# The stars")
    assert docs.is_current()
    assert "Written anew, for the next commit: stars.md" in capsys.readouterr().out
    docs.write_everything(home)
    assert capsys.readouterr().out == ""
    # What dbt could not write leaves the site as it was.
    with pytest.raises(SettingsError, match="the docs were not written"):
        docs.write_everything(home)
    assert docs.is_current()
