"""The tests of dbt tagged `audit`, asked for the rows that they fail with.

They say in SQL what a fact or mart must be, given its sources: each is compiled by dbt and run
here, so that `dbt test` and this command can never say two things.
"""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg2
from psycopg2.extensions import connection as Connection

from ingest.settings import ROOT, Warehouse, child_environment, environment
from ingest.validation.model import KEPT, Checked, Difference
from ingest.warehouse import transaction
from orchestration.builds import dbt_command

HEADING = "not what its source says"
_TAG = "tag:audit"
# Sources that are beside the point: every fact reads them.
_BESIDE = ("etl", "reference")


class NotCompiled(Exception):
    """dbt could not compile the tests; one line."""


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
        NotCompiled: dbt's own words, in one line.
    """
    folder = Path(environment().get("DBT_TARGET_PATH") or ROOT / "target") / "validation"
    chosen = [f"source:{selector}+,{_TAG}" for selector in selectors] or [_TAG]
    command = [dbt_command(), "--quiet", "compile", "--vars", "audit: true", "--output", "json"]
    command += ["--target-path", str(folder), "--select", *chosen]
    done = subprocess.run(
        command,
        cwd=ROOT,
        env=child_environment(home.target),
        check=False,
        capture_output=True,
        text=True,
        encoding="utf-8",
        errors="replace",
    )
    if done.returncode:
        lines = [line.strip() for line in (done.stdout + done.stderr).splitlines() if line.strip()]
        raise NotCompiled(lines[0] if lines else f"dbt ended with code {done.returncode}")
    manifest = json.loads((folder / "manifest.json").read_bytes())
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
                    f"{name}={value}"
                    for name, value in zip(names, row[:-1], strict=True)
                    if value is not None
                )
                checked.note(Difference(HEADING, key))
                checked.counts[HEADING] = row[-1]
    except psycopg2.Error as error:
        checked.failure = str(error).strip().splitlines()[0]
    checked.seconds = time.monotonic() - began
    return checked
