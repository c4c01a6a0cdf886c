"""The tests of dbt tagged `audit`, asked for the rows that they fail with.

They say in SQL what a fact or mart must be, given its sources: each is compiled by dbt and run
here, so that `dbt test` and this command can never say two things.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import psycopg2
from psycopg2.extensions import connection as Connection

from ingest.settings import Warehouse
from ingest.validation.model import KEPT, Checked, Difference
from ingest.warehouse import said_by, transaction
from orchestration.dbt_nodes import compiled
from orchestration.relations import PERSONAL, is_pseudonym
from orchestration.results import dbt_target

HEADING = "not what its source says"
_TAG = "tag:audit"
# Sources that are beside the point: every fact reads them.
_BESIDE = ("etl", "reference")


@dataclass(frozen=True, slots=True)
class Audit:
    """A test: the model (or rule) that it is about, what it is called, its SQL."""

    source: str
    model: str
    name: str
    query: str


def compile_audits(home: Warehouse, selectors: Sequence[str]) -> list[Audit]:
    """The audits below some sources or tables (`erp`, `erp.produit`), all of them without any.

    Raises:
        DbtRefused: dbt cannot compile them.
    """
    folder = dbt_target() / "validation"
    chosen = [f"source:{selector}+,{_TAG}" for selector in selectors] or [_TAG]
    manifest = compiled(home, folder, "--vars", "audit: true", "--select", *chosen)
    return sorted(_audits(manifest), key=lambda audit: (audit.source, audit.model, audit.name))


def _audits(manifest: Mapping[str, Any]) -> Iterator[Audit]:
    parents = manifest["parent_map"]
    for unique_id, node in manifest["nodes"].items():
        if node["resource_type"] != "test" or not node.get("compiled_code"):
            continue
        own = (node.get("test_metadata") or {}).get("name")
        model = (node.get("attached_node") or "").split(".")[-1]
        yield Audit(
            source=_source_of(unique_id, parents),
            model=model or node["name"].removeprefix("audit_"),
            name=own if own and model else "audit",
            query=node["compiled_code"],
        )


def _source_of(unique_id: str, parents: Mapping[str, Sequence[str]]) -> str:
    """The source that a test is about: the first one upstream of it."""
    waiting, seen, found = [unique_id], {unique_id}, set()
    while waiting:
        for parent in parents.get(waiting.pop(), ()):
            if parent in seen:
                continue
            seen.add(parent)
            waiting.append(parent)
            if parent.startswith("source."):
                found.add(parent.split(".")[2])
    return min(found - set(_BESIDE), default="")


def run_audit(warehouse: Connection, audit: Audit) -> Checked:
    """Run one audit; each row that it returns is a difference, named by its columns."""
    began = time.monotonic()
    checked = Checked(audit.source, audit.model, audit.name)
    try:
        with transaction(warehouse) as cursor:
            cursor.execute(
                f"with found as (\n{audit.query}\n)\n"
                "select found.*, count(*) over () as _differences"
                f" from found limit {KEPT}"
            )
            names = [column.name for column in cursor.description or ()][:-1]
            for row in cursor.fetchall():
                key = ", ".join(
                    f"{name}={PERSONAL if is_pseudonym(name, value) else value}"
                    for name, value in zip(names, row[:-1], strict=True)
                    if value is not None
                )
                checked.note(Difference(HEADING, key))
                checked.counts[HEADING] = row[-1]
    except psycopg2.Error as error:
        checked.failure = said_by(error)
    checked.seconds = time.monotonic() - began
    return checked
