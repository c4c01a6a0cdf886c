"""The changed SQL of a model, built into a temporary table beside the one that is built."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from psycopg2 import sql
from psycopg2.extensions import cursor as Cursor

from ingest.parts import Destination
from ingest.settings import ROOT, STATE_DIR, SettingsError, Warehouse, child_environment
from orchestration.comparing.keys import declared
from orchestration.dbt_nodes import DbtRefused, compiled

SCRATCH = "entrepot_scratch"
_BUILT = ("table", "incremental", "view")
_PARSED = "partial_parse.msgpack"


@dataclass(frozen=True, slots=True)
class Compiled:
    """A model of the working tree. query: what a full refresh would select.

    types: name -> type of the columns of an enforced contract, which round as the build does.
    """

    name: str
    to: Destination
    query: str
    types: Mapping[str, str]
    key: tuple[str, ...]


def compile_model(chosen: Warehouse, model: str) -> Compiled:
    """Let dbt compile a model as for a full refresh, in a folder of its own.

    Raises:
        SettingsError: there is no such model, it is none that is rebuilt, or dbt cannot read it.
    """
    STATE_DIR.mkdir(mode=0o700, parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="diff-", dir=STATE_DIR) as folder:
        parsed = target_folder(child_environment(chosen.target)) / _PARSED
        if parsed.exists():
            # Reading the project anew takes longer than most comparisons.
            shutil.copyfile(parsed, Path(folder) / _PARSED)
        try:
            manifest = compiled(chosen, Path(folder), "--full-refresh", "--select", model)
        except DbtRefused as error:
            raise SettingsError(f"{model}: dbt cannot compile it: {error}") from error
    return _compiled(manifest, model)


def target_folder(variables: Mapping[str, str]) -> Path:
    """Where dbt keeps what it made of the project."""
    return (ROOT / (variables.get("DBT_TARGET_PATH") or "target")).resolve()


def _compiled(manifest: Mapping[str, Any], model: str) -> Compiled:
    nodes = [
        node
        for node in manifest["nodes"].values()
        if node["resource_type"] == "model" and node["name"] == model
    ]
    if not nodes:
        raise SettingsError(f"--build {model}: there is no such model in this project")
    node = nodes[0]
    kind = node["config"].get("materialized")
    if kind not in _BUILT:
        raise SettingsError(f"--build {model}: it is {kind}, which has no table of its own")
    types = {name: column["data_type"] for name, column in node["columns"].items()}
    enforced = (node.get("contract") or {}).get("enforced")
    return Compiled(
        model,
        Destination(node["schema"], node["alias"]),
        node["compiled_code"],
        types if enforced else {},
        tuple(declared(manifest, node)),
    )


def build(cursor: Cursor, compiled: Compiled) -> sql.Identifier:
    """Build the model into a temporary table, gone at the end of the transaction."""
    scratch = sql.Identifier(SCRATCH)
    query = sql.SQL(compiled.query.strip().rstrip(";"))
    if not compiled.types:
        cursor.execute(
            sql.SQL("create temporary table {} on commit drop as {}").format(scratch, query)
        )
    else:
        names = [sql.Identifier(name) for name in compiled.types]
        typed = [
            sql.SQL("{} {}").format(name, sql.SQL(kind))
            for name, kind in zip(names, compiled.types.values(), strict=True)
        ]
        cursor.execute(
            sql.SQL("create temporary table {} ({}) on commit drop").format(
                scratch, sql.SQL(", ").join(typed)
            )
        )
        listed = sql.SQL(", ").join(names)
        cursor.execute(
            # On a line of its own: the model may end in a comment.
            sql.SQL("insert into {} ({}) select {} from ({}\n) as changed").format(
                scratch, listed, listed, query
            )
        )
    cursor.execute(sql.SQL("analyze {}").format(scratch))
    return scratch
