"""The key of a model: what is asked for, what the database enforces, or what dbt declares."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

from psycopg2.extensions import cursor as Cursor

from ingest.parts import Destination
from ingest.settings import SettingsError

# Unique indexes of columns that are never null, the primary key first, then the shortest.
_INDEXES = """
    select
        array(
            select cast(attributes.attname as text)
            from unnest(indexes.indkey) with ordinality as parts (attnum, place)
            inner join pg_attribute as attributes
                on attributes.attrelid = indexes.indrelid and attributes.attnum = parts.attnum
            where parts.place <= indexes.indnkeyatts
            order by parts.place
        ) as columns
    from pg_index as indexes
    inner join pg_class as classes on indexes.indrelid = classes.oid
    inner join pg_namespace as namespaces on classes.relnamespace = namespaces.oid
    where
        namespaces.nspname = %s
        and classes.relname = %s
        and indexes.indisunique and indexes.indisvalid
        and indexes.indpred is null and indexes.indexprs is null
        and not exists (
            select 1 from pg_attribute as attributes
            where
                attributes.attrelid = indexes.indrelid
                and attributes.attnum = any(indexes.indkey)
                and not attributes.attnotnull
        )
    order by indexes.indisprimary desc, indexes.indnkeyatts, indexes.indexrelid
"""


def enforced(cursor: Cursor, to: Destination) -> list[list[str]]:
    """The keys that the database itself enforces, the best one first."""
    cursor.execute(_INDEXES, (to.schema, to.table))
    return [columns for (columns,) in cursor.fetchall()]


def declared(manifest: Mapping[str, Any], node: Mapping[str, Any]) -> list[str]:
    """The key that dbt knows of a node: of its contract or tests, else its `unique_key`."""
    if node.get("primary_key"):
        return list(node["primary_key"])
    unique = node.get("config", {}).get("unique_key")
    if unique:
        return [unique] if isinstance(unique, str) else list(unique)
    for test in manifest["nodes"].values():
        is_own = test.get("attached_node") == node["unique_id"] and test.get("column_name")
        if is_own and (test.get("test_metadata") or {}).get("name") == "unique":
            return [test["column_name"]]
    return []


def node_of(manifest: Mapping[str, Any], to: Destination) -> Mapping[str, Any] | None:
    """The model, snapshot or seed whose relation this is."""
    for node in manifest["nodes"].values():
        if node.get("schema") == to.schema and to.table in (node.get("alias"), node.get("name")):
            found: Mapping[str, Any] = node
            return found
    return None


def last_manifest(target: Path) -> Mapping[str, Any]:
    """What dbt wrote of the project last; nothing if it never did."""
    path = target / "manifest.json"
    found: Mapping[str, Any] = json.loads(path.read_bytes()) if path.exists() else {"nodes": {}}
    return found


def settle(
    wanted: Collection[str],
    candidates: Collection[Collection[str]],
    names: Collection[str],
    model: str,
) -> list[str]:
    """The key to compare by: what was asked for, else the first candidate that both sides have.

    names: columns that both sides have.

    Raises:
        SettingsError: a column that was asked for is not on both sides, or no key is known.
    """
    for name in wanted:
        if name not in names:
            raise SettingsError(f"--key {name}: both sides must have this column")
    if wanted:
        return list(dict.fromkeys(wanted))
    for candidate in candidates:
        if candidate and all(name in names for name in candidate):
            return list(candidate)
    raise SettingsError(
        f"{model}: no key is known (no primary key, unique index or unique test); name it with"
        " --key column,column"
    )
