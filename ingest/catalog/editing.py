"""Adding to the source YAML without touching what a person wrote: lines are added, none reflowed.

Positions come from the parsed document; the text itself is only ever added to, and the type of a
column that this module wrote is replaced in its place.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import yaml

from ingest.catalog.model import CatalogError

LINEAGE = ("_row_hash", "_run_id", "_loaded_at")


@dataclass(frozen=True, slots=True)
class NewColumn:
    """A column as the source has it: SQL name, types and what it says of itself."""

    name: str
    data_type: str
    source_type: str
    description: str

    def line(self) -> str:
        """The entry, on one line; `source` remembers what was written here, and of what."""
        source = f"{{type: {quoted(self.source_type)}, landed_as: {quoted(self.data_type)}}}"
        return (
            f"- {{name: {self.name}, data_type: {quoted(self.data_type)},"
            f" description: {quoted(self.description)}, config: {{meta: {{source: {source}}}}}}}"
        )


def quoted(text: str) -> str:
    """A text as YAML reads it, whatever it holds."""
    plain = re.fullmatch(r"[a-z][a-z0-9_]*( [a-z]+)*", text)
    return text if plain and text not in _WORDS else json.dumps(text, ensure_ascii=False)


_WORDS = ("true", "false", "yes", "no", "on", "off", "null", "y", "n")


def columns_of(text: str, source: str, table: str) -> list[dict[str, Any]]:
    """The declared columns of a table, anchors resolved."""
    for entry in yaml.safe_load(text).get("sources") or []:
        for item in (entry.get("tables") or []) if entry.get("name") == source else []:
            if item.get("name") == table:
                return list(item.get("columns") or [])
    return []


def add_table(text: str, source: str, lines: Sequence[str]) -> str:
    """The text with one more table at the end of a source; `lines` begin with `- name: ...`.

    Raises:
        CatalogError: the source or its list of tables is not in the text, or not in block style.
    """
    tables = _value(_source(text, source), "tables")
    return _insert(text, _end(text, tables), _indent(tables), lines)


def add_columns(text: str, source: str, table: str, columns: Sequence[NewColumn]) -> str:
    """The text with more columns of a table, before those that landing adds.

    Raises:
        CatalogError: as above, for the table and its columns.
    """
    entry = _table(text, source, table)
    lines = [column.line() for column in columns]
    found = _value(entry, "columns", must=False)
    if found is None:
        block = ["columns:", *(f"  {line}" for line in lines)]
        return _insert(text, _end(text, entry), entry.start_mark.column, block)
    if found.flow_style:
        raise CatalogError([f"{source}.{table}: write `columns:` as a list, one column to a line"])
    at = _end(text, found)
    for number, line in list(enumerate(text.splitlines()))[found.start_mark.line : at]:
        names = [f"name: {name}" in line or line.strip() == f"- *{name[1:]}" for name in LINEAGE]
        if any(names) and line.startswith(" " * _indent(found) + "- "):
            at = number
            break
    return _insert(text, at, _indent(found), lines)


def retype(text: str, source: str, table: str, column: str, new: NewColumn, old_type: str) -> str:
    """The text with another type for a column that `NewColumn.line` wrote.

    The type in which it lands follows, unless a person has chosen another one meanwhile.
    """
    found = _value(_table(text, source, table), "columns")
    lines = text.splitlines(keepends=True)
    for item in found.value:
        if _scalar(item, "name") != column:
            continue
        first, last = item.start_mark.line, item.end_mark.line
        own = "".join(lines[first : last + 1])
        landed = re.search(r'landed_as: ("[^"]*"|[a-z0-9 ]+)', own)
        changed = own.replace(
            f"{{type: {quoted(old_type)},", f"{{type: {quoted(new.source_type)},", 1
        )
        if landed and f"data_type: {landed[1]}," in own:
            as_it_lands = quoted(new.data_type)
            changed = changed.replace(f"data_type: {landed[1]},", f"data_type: {as_it_lands},", 1)
            changed = changed.replace(f"landed_as: {landed[1]}", f"landed_as: {as_it_lands}", 1)
        lines[first : last + 1] = [changed]
    return "".join(lines)


def _source(text: str, source: str) -> yaml.Node:
    root = yaml.compose(text)
    for entry in _value(root, "sources").value:
        if _scalar(entry, "name") == source and _value(entry, "tables", must=False) is not None:
            return entry
    raise CatalogError([f"{source}: the file declares no tables of it"])


def _table(text: str, source: str, table: str) -> yaml.Node:
    for entry in _value(_source(text, source), "tables").value:
        if _scalar(entry, "name") == table:
            if entry.flow_style:
                raise CatalogError([f"{source}.{table}: write its entry in lines, without braces"])
            return entry
    raise CatalogError([f"{source}.{table}: the file does not declare it"])


def _value(node: Any, key: str, *, must: bool = True) -> Any:
    for name, value in node.value if isinstance(node, yaml.MappingNode) else ():
        if name.value == key:
            return value
    if must:
        raise CatalogError([f"there is no `{key}:` where it is expected"])
    return None


def _scalar(node: yaml.Node, key: str) -> str | None:
    value = _value(node, key, must=False)
    return value.value if isinstance(value, yaml.ScalarNode) else None


def _indent(sequence: yaml.Node) -> int:
    return int(sequence.start_mark.column)


def _end(text: str, node: yaml.Node) -> int:
    """The number of the line after the last one of a node, blank lines and comments left out."""
    lines = text.splitlines()
    last = min(int(node.end_mark.line), len(lines))
    while last > node.start_mark.line and not lines[last - 1].split("#")[0].strip():
        last -= 1
    return last


def _insert(text: str, at: int, indent: int, lines: Sequence[str]) -> str:
    kept = text.splitlines(keepends=True)
    if at and kept and not kept[at - 1].endswith("\n"):
        kept[at - 1] += "\n"
    return "".join([*kept[:at], *(" " * indent + line + "\n" for line in lines), *kept[at:]])


def as_flow(values: Mapping[str, Any]) -> str:
    """A mapping in braces: `{from: PUB.client, primary_key: [cod_cli]}`."""
    return "{" + ", ".join(f"{key}: {_flow(value)}" for key, value in values.items()) + "}"


def _flow(value: Any) -> str:
    if isinstance(value, Mapping):
        return as_flow({quoted(str(key)): item for key, item in value.items()})
    if isinstance(value, list | tuple):
        return "[" + ", ".join(_flow(item) for item in value) + "]"
    return quoted(value) if isinstance(value, str) else json.dumps(value)
