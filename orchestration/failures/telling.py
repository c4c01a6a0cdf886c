"""Failed tests for a terminal of 80 columns, or for a program; and what a test means."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Mapping, Sequence
from typing import Any

from tabulate import tabulate

from orchestration.failures.model import Kept
from orchestration.failures.project import Project

SAID = 60
_KEY_COLUMNS = 78


def meaning(project: Project, node: Mapping[str, Any]) -> str:
    """What a test holds true, in a sentence: its description, else what it is made of."""
    if node.get("description"):
        return " ".join(node["description"].split())
    made_of = node.get("test_metadata")
    if not made_of:
        return _first_comment(node.get("raw_code") or "")
    asked = dict(made_of["kwargs"])
    tested = project.tested(node)
    of = tested["name"] if tested else "?"
    column = asked.pop("column_name", None)
    asked.pop("model", None)
    if made_of["name"] == "not_null":
        return f"{column} of {of} is never null."
    if made_of["name"] == "unique":
        return f"{column} of {of} is never there twice."
    if made_of["name"] == "relationships":
        return f"{column} of {of} is always a {asked['field']} of {asked['to']}."
    if made_of["name"] == "accepted_values":
        return f"{column} of {of} is one of {', '.join(map(str, asked['values']))}."
    if column:
        asked = {"column": column, **asked}
    parts = ", ".join(f"{name}: {value}" for name, value in asked.items())
    return f"{made_of['name']} of {of}{f' ({parts})' if parts else ''}."


def _first_comment(code: str) -> str:
    """The rule that a singular test begins with."""
    said = []
    for line in code.strip().splitlines():
        if not line.startswith("--"):
            break
        said.append(line.removeprefix("--").strip())
    return " ".join(said)


def as_table(failures: Sequence[Kept], project: Project | None) -> str:
    """The failed tests, the last one first, each with what it means and where it is declared."""
    lines = []
    for one in failures:
        said = [one.test]
        node = _node(project, one.test)
        if project and node:
            said += [meaning(project, node), f"in {node['original_file_path']}"]
        elif project:
            said.append("(the project no longer has this test)")
        if one.note and not one.keys:
            said.append(f"no keys: {one.note}")
        rows = "" if one.rows is None else f"{one.rows:,}"
        lines.append((one.status.upper(), rows, "\n".join(_folded(part, SAID) for part in said)))
    return tabulate(
        lines, headers=("", "rows", "test, what it means, where it is"), disable_numparse=True
    )


def keys_as_table(one: Kept, limit: int) -> str:
    """The keys of one test; a record below the other where they are too wide for a line."""
    keys = one.keys[:limit]
    names = list(dict.fromkeys(name for key in keys for name in key))
    rows = [["" if key.get(name) is None else str(key[name]) for name in names] for key in keys]
    table = tabulate(rows, headers=names, disable_numparse=True)
    if max(map(len, table.splitlines()), default=0) <= _KEY_COLUMNS:
        return table
    return "\n\n".join(
        "\n".join(
            textwrap.fill(f"{name}: {value}", _KEY_COLUMNS, subsequent_indent="  ")
            for name, value in zip(names, row, strict=True)
        )
        for row in rows
    )


def as_json(failures: Sequence[Kept], project: Project | None, limit: int) -> str:
    """The failed tests with up to `limit` keys each."""
    told = []
    for one in failures:
        node = _node(project, one.test)
        told.append(
            {
                "test": one.test,
                "status": one.status,
                "model": one.model,
                "rows": one.rows,
                "failed_at": one.failed_at.isoformat(),
                "run_id": one.run_id,
                "meaning": meaning(project, node) if project and node else None,
                "declared_in": node["original_file_path"] if node else None,
                "note": one.note,
                "keys": list(one.keys[:limit]),
            }
        )
    return json.dumps({"failures": told}, ensure_ascii=False, indent=1)


def _node(project: Project | None, test: str) -> Mapping[str, Any] | None:
    for unique_id, node in (project.nodes if project else {}).items():
        if unique_id.startswith("test.") and node["name"] == test:
            return dict(node)
    return None


def _folded(text: str, width: int) -> str:
    return "\n".join(textwrap.wrap(text, width, break_on_hyphens=False))
