"""dbt's source YAML as plain values, read strictly: a key that comes twice is refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from ingest.catalog.model import CatalogError

_MERGE = "tag:yaml.org,2002:merge"
_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def load(path: Path, label: str) -> dict[str, Any]:
    """Read one YAML file whose top is a mapping; anchors and merge keys are resolved.

    Raises:
        CatalogError: not readable as YAML, or not a mapping; names `label` and the line.
    """
    try:
        loader = _Loader(path.read_text(encoding="utf-8"))
        try:
            node = loader.get_single_node()
            if node is None:
                return {}
            # Before anything is built: once merge keys are resolved, an override looks like a
            # repeat, and a real repeat has already lost its first value.
            _refuse_repeats(node, set())
            document = loader.construct_document(node)
        finally:
            loader.dispose()
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 0
        raise CatalogError([f"{label}:{line}: {error.problem or error.context}"]) from error
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise CatalogError([f"{label}: {error}"]) from error
    if not isinstance(document, dict):
        raise CatalogError([f"{label}: it is not a mapping"])
    return document


def _refuse_repeats(node: yaml.Node, visited: set[int]) -> None:
    if id(node) in visited:
        return
    visited.add(id(node))
    if isinstance(node, yaml.MappingNode):
        seen: set[tuple[str, str]] = set()
        for key, value in node.value:
            if isinstance(key, yaml.ScalarNode) and key.tag != _MERGE:
                if (key.tag, key.value) in seen:
                    raise yaml.MarkedYAMLError(
                        problem=f"key {key.value!r} comes twice", problem_mark=key.start_mark
                    )
                seen.add((key.tag, key.value))
            _refuse_repeats(value, visited)
    elif isinstance(node, yaml.SequenceNode):
        for item in node.value:
            _refuse_repeats(item, visited)
