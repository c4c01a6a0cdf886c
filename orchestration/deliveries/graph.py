"""What feeds a model and what it feeds, from dbt's manifest."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ingest.settings import SettingsError, Warehouse
from orchestration.builds import run_dbt
from orchestration.results import dbt_target

FACTS, MARTS = "models/facts/", "models/marts/"


@dataclass(frozen=True)
class Graph:
    """The models and sources of the project, by the ids that dbt gives them."""

    nodes: Mapping[str, Mapping[str, Any]]
    parents: Mapping[str, list[str]]
    children: Mapping[str, list[str]]

    @classmethod
    def of(cls, manifest: Mapping[str, Any]) -> Graph:
        """The graph of a manifest.json, as read."""
        return cls(
            {**manifest["nodes"], **manifest["sources"]},
            manifest["parent_map"],
            manifest["child_map"],
        )

    def facts(self) -> dict[str, str]:
        """Name -> id of the facts that this installation builds."""
        return {
            node["name"]: key
            for key, node in self.nodes.items()
            if _is_model_in(node, FACTS) and node["name"].startswith("fait_")
        }

    def marts(self, key: str) -> list[str]:
        """The marts that a model feeds, through whatever helpers."""
        return sorted(
            self.nodes[one]["name"]
            for one in _reached(key, self.children)
            if _is_model_in(self.nodes.get(one, {}), MARTS)
            and self.nodes[one]["name"].startswith("mart_")
        )

    def tables(self, key: str) -> list[tuple[str, str]]:
        """The source tables (source, name) that a model is made from; control tables left out."""
        return sorted(
            (node["source_name"], node["name"])
            for one in _reached(key, self.parents)
            if (node := self.nodes.get(one, {})).get("resource_type") == "source"
            and node["source_name"] != "etl"
        )

    def fluxvision_tables(self, key: str) -> list[str]:
        """The tables whose rows a fact of visitors holds: those of the staging views it reads."""
        return sorted(
            self.nodes[one]["name"]
            for parent in self.parents[key]
            if self.nodes.get(parent, {}).get("name", "").startswith("stg_fluxvision__")
            for one in self.parents[parent]
            if one.startswith("source.") and self.nodes[one]["source_name"] == "fluxvision"
        )

    def twin(self, source: str, table: str) -> str | None:
        """The view of the rows of a source table that staging could not read."""
        for key in self.children.get(self._source(source, table), []):
            name = str(self.nodes.get(key, {}).get("name", ""))
            if name.endswith("__rejets"):
                return name
        return None

    def _source(self, source: str, table: str) -> str:
        return next(
            key
            for key, node in self.nodes.items()
            if node["resource_type"] == "source"
            and (node["source_name"], node["name"]) == (source, table)
        )

    def primary_key(self, key: str) -> list[str]:
        """The columns of a model's primary key."""
        for constraint in self.nodes[key].get("constraints") or []:
            if constraint["type"] == "primary_key":
                return list(constraint["columns"])
        return []


def _is_model_in(node: Mapping[str, Any], folder: str) -> bool:
    return node.get("resource_type") == "model" and str(node["original_file_path"]).replace(
        "\\", "/"
    ).startswith(folder)


def _reached(key: str, edges: Mapping[str, list[str]]) -> set[str]:
    left, reached = [key], set[str]()
    while left:
        for other in edges.get(left.pop(), []):
            if other not in reached:
                reached.add(other)
                left.append(other)
    return reached


def read_graph(chosen: Warehouse) -> Graph:
    """The graph of the project, which dbt is asked for if it has not been built here yet.

    Raises:
        SettingsError: dbt could not read the project, and has said why; or it is writing of it.
    """
    path = dbt_target() / "manifest.json"
    if not path.exists() and run_dbt(chosen, ["--quiet", "parse"], lock=False):
        raise SettingsError("dbt could not read the project; it says above what is wrong.")
    try:
        return Graph.of(json.loads(path.read_bytes()))
    except ValueError:
        raise SettingsError(
            f"{path} is not whole: dbt is writing it, or was stopped there; ask again once no dbt"
            " runs, or run `dbt parse`."
        ) from None
