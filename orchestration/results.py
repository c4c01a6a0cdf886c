"""What dbt says of a build and of freshness, read from the files of its target folder."""

from __future__ import annotations

import json
import re
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ingest.settings import ROOT, environment

GOOD = ("success", "pass")
BAD = ("error", "fail", "runtime error")
_SCHEMA = re.compile(r'"?[^".]+"?\."?([^".]+)"?\.')


@dataclass(frozen=True, slots=True)
class Node:
    """One node of a build: `kind` is model, seed, snapshot or test; `status` is dbt's own word."""

    name: str
    kind: str
    schema: str
    status: str
    rows: int | None
    seconds: float
    message: str

    @property
    def is_bad(self) -> bool:
        return self.status in BAD


@dataclass(frozen=True, slots=True)
class Layer:
    """The models of one schema: how many of how many were built, rows written, seconds of dbt."""

    schema: str
    done: int
    of: int
    rows: int
    seconds: float


@dataclass(slots=True)
class Built:
    """The nodes of one build, none if nothing was built."""

    nodes: list[Node] = field(default_factory=list)

    @property
    def bad(self) -> list[Node]:
        return [node for node in self.nodes if node.is_bad]

    @property
    def said(self) -> str:
        """The first failure and how many more, as one line."""
        bad = self.bad
        if not bad:
            return "dbt could not do it; it says above why"
        more = f" and {len(bad) - 1} more" if len(bad) > 1 else ""
        return f"{bad[0].name}: {bad[0].message}{more}"

    @property
    def tests(self) -> Counter[str]:
        """How many tests passed, warned, failed, were skipped."""
        return Counter(node.status for node in self.nodes if node.kind == "test")

    def layers(self) -> list[Layer]:
        """A line per schema, in the order in which dbt reached it."""
        names = dict.fromkeys(node.schema for node in self.nodes if node.kind != "test")
        lines = []
        for schema in names:
            own = [n for n in self.nodes if n.kind != "test" and n.schema == schema]
            lines.append(
                Layer(
                    schema,
                    sum(node.status in GOOD for node in own),
                    len(own),
                    sum(node.rows or 0 for node in own),
                    sum(node.seconds for node in own),
                )
            )
        return lines


@dataclass(frozen=True, slots=True)
class Stale:
    """A source table whose last good load is older than its `freshness` allows."""

    key: str
    is_error: bool
    hours: float | None


def _one_line(message: str | None) -> str:
    """The first two lines: what follows in a database's DETAIL may quote values of a row."""
    return " ".join((message or "").strip().splitlines()[:2])[:300]


def _read(path: Path, since: float) -> dict[str, Any]:
    """A file of dbt, unless it is of an earlier command."""
    if not path.exists() or path.stat().st_mtime < since:
        return {}
    return dict(json.loads(path.read_text(encoding="utf-8")))


def dbt_target() -> Path:
    """The folder into which dbt writes its results."""
    return Path(environment().get("DBT_TARGET_PATH") or ROOT / "target")


def read_build(since: float) -> Built:
    """The nodes of the build that ended after `since` (seconds of the epoch)."""
    nodes = []
    for result in _read(dbt_target() / "run_results.json", since).get("results", []):
        kind, _, name = result["unique_id"].split(".")[:3]
        found = _SCHEMA.match(result.get("relation_name") or "")
        rows = (result.get("adapter_response") or {}).get("rows_affected")
        nodes.append(
            Node(
                name=name,
                kind="test" if kind in ("test", "unit_test") else kind,
                schema=found[1] if found else f"{kind}s",
                status=str(result["status"]),
                rows=rows if isinstance(rows, int) and rows >= 0 else None,
                seconds=float(result.get("execution_time") or 0.0),
                message=_one_line(result.get("message")),
            )
        )
    return Built([node for node in nodes if node.kind in ("model", "seed", "snapshot", "test")])


def read_freshness(since: float) -> list[Stale]:
    """The sources that `dbt source freshness`, run after `since`, found to be late."""
    late = []
    for result in _read(dbt_target() / "sources.json", since).get("results", []):
        if result["status"] == "pass":
            continue
        age = result.get("max_loaded_at_time_ago_in_s")
        late.append(
            Stale(
                ".".join(result["unique_id"].split(".")[-2:]),
                result["status"] != "warn",
                None if age is None else age / 3600,
            )
        )
    return late
