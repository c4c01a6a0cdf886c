"""What dbt's manifest and the catalog say of keys: which columns name a row, which never may.

A key is what tells a row from all others: the primary key of a contract, the unique key of a
snapshot or an increment, a column that is tested as unique, the key of a source table, or the place
of a row in its file. A declared personal column is none, and neither is a column that holds words.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import cached_property
from typing import Any

from ingest.catalog import Catalog, DatabaseOrigin, Table
from ingest.databases.extents import numbered
from ingest.databases.rows import ROW_HASH
from ingest.names import snake_case

# Words, by the project's own names: a label is `nom_...` or `libelle_...`, a key `code_...`.
WORDS = re.compile(
    r"(nom|prenom|libelle|raison|adresse|email|e_mail|telephone|tel|commentaire|remarque"
    r"|description|texte|message|motif|raw_text)(_.*)?"
)
# The label itself is what a seed of labels is looked up by; it comes from lists, not from persons.
LABEL = "libelle"
PLACE = ("_file_id", "_row_number")
# Where a test says itself which of its columns are keys: `config(meta={'cles': [...]})`.
DECLARED = "cles"
NOT_NULL = "not_null"
# Tests of dbt whose rows name no key: the column of theirs that holds the values found.
VALUES = {
    "unique": "unique_field",
    "relationships": "from_field",
    "accepted_values": "value_field",
}


class Project:
    """The nodes of a manifest and the tables of the catalog, asked for keys."""

    def __init__(self, manifest: Mapping[str, Any], catalog: Catalog):
        self.nodes: dict[str, Any] = {**manifest["nodes"], **manifest["sources"]}
        self._tables = {t.key: t for source in catalog.sources for t in source.tables}

    @cached_property
    def _unique(self) -> dict[str, list[list[str]]]:
        """Node -> what is tested as unique in it: a column each, or those of an expression."""
        found: dict[str, list[list[str]]] = {}
        for node in self.nodes.values():
            tested = self.nodes.get(node.get("attached_node") or "")
            if tested and kind_of(node) == "unique":
                words = re.findall(r"\w+", node["test_metadata"]["kwargs"]["column_name"])
                columns = [word for word in words if word in tested["columns"]]
                found.setdefault(node["attached_node"], []).append(columns)
        return found

    @cached_property
    def key_names(self) -> frozenset[str]:
        """Every column that is a key, or part of one, somewhere in the project."""
        names = {name for node in self.nodes for name in self._all_keys(node)}
        return frozenset(name for name in {*names, *PLACE} if self.may_keep(name))

    @cached_property
    def _personal(self) -> frozenset[str]:
        return frozenset(name for table in self._tables.values() for name in _personal(table))

    def may_keep(self, column: str) -> bool:
        """Whether values of a column of this name may be kept."""
        return column not in self._personal and (
            column == LABEL or not WORDS.fullmatch(column.lower())
        )

    def _all_keys(self, unique_id: str) -> list[str]:
        unique = [name for columns in self._unique.get(unique_id, ()) for name in columns]
        return [*self.primary_key(unique_id), *unique]

    def primary_key(self, unique_id: str) -> list[str]:
        """The columns that tell a row of a node from all others; none if they are not declared."""
        node = self.nodes[unique_id]
        if node["resource_type"] == "source":
            return self._key_of_source(node)
        key = [
            *(
                column
                for constraint in node.get("constraints") or ()
                if constraint["type"] == "primary_key"
                for column in constraint["columns"]
            ),
            *(
                name
                for name, column in node.get("columns", {}).items()
                if any(c["type"] == "primary_key" for c in column.get("constraints") or ())
            ),
        ]
        declared = node.get("config", {}).get("unique_key") or []
        unique = [declared] if isinstance(declared, str) else list(declared)
        if node["resource_type"] == "snapshot" and unique:
            unique.append("dbt_valid_from")
        return key or unique or next(iter(self._unique.get(unique_id, ())), [])

    def _key_of_source(self, node: Mapping[str, Any]) -> list[str]:
        table = self._tables.get(f"{node['source_name']}.{node['name']}")
        if table is None:
            return []
        if isinstance(table.origin, DatabaseOrigin):
            key = table.origin.primary_key
            return list(key) if key == (ROW_HASH,) else [snake_case(name) for name in key]
        return list(PLACE)

    def tested(self, node: Mapping[str, Any]) -> Mapping[str, Any] | None:
        """What a test is about: what it is declared under, else the only model that it reads."""
        attached = node.get("attached_node")
        read = (node.get("depends_on") or {}).get("nodes") or []
        chosen = attached or (read[0] if len(read) == 1 else None)
        return self.nodes.get(chosen) if chosen else None

    def kept_of(self, node: Mapping[str, Any]) -> list[str]:
        """The columns by which rows of a model or source are named, in a query on it."""
        key = [name for name in self.primary_key(node["unique_id"]) if self.may_keep(name)]
        return key or [name for name in node.get("columns", {}) if name in self.key_names]


def kind_of(node: Mapping[str, Any]) -> str | None:
    """The name of a generic test of dbt's own; None for the project's, and for singular ones."""
    made_of = node.get("test_metadata") or {}
    return made_of.get("name") if made_of.get("namespace") in (None, "dbt") else None


def _personal(table: Table) -> Iterable[str]:
    extents = table.origin.extents if isinstance(table.origin, DatabaseOrigin) else {}
    names = {*table.pii, *(name for subject in table.subjects for name in subject.personal)}
    for source_name in names:
        name = snake_case(source_name)
        yield from (source_name, name, *numbered(name, extents.get(source_name, 0)))
