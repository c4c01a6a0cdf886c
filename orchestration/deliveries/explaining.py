"""`entrepot why`: the files, or the loads, that a figure of a fact comes from, and why these.

What kind of source a fact has is read from dbt's manifest: slices of visitors, sessions of the
workshop, or rows of a database that are found by their key.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from difflib import get_close_matches
from typing import Any

from psycopg2.extensions import cursor as Cursor

from ingest.settings import SettingsError, Warehouse
from ingest.warehouse import connect, transaction
from orchestration.deliveries import keyed, sessions, slices, zones
from orchestration.deliveries import telling_why as telling
from orchestration.deliveries.graph import Graph, read_graph


@dataclass(frozen=True, slots=True)
class Asked:
    """What is asked of a fact, as it was typed."""

    fact: str
    zone: str | None = None
    day: str | None = None
    family: str | None = None
    machine: str | None = None
    key: tuple[str, ...] = ()


def run_why(chosen: Warehouse, asked: Asked, *, as_json: bool = False) -> int:
    """Explain a figure and print it; returns the exit code.

    Raises:
        SettingsError: no such fact, zone, family, machine or key, or a fact that was never built.
    """
    graph = read_graph(chosen)
    facts = graph.facts()
    if asked.fact not in facts:
        raise SettingsError(_no_fact(asked.fact, sorted(facts)))
    key = facts[asked.fact]
    marts = graph.marts(key)
    with _looking(chosen) as cursor:
        _require_built(cursor, asked.fact)
        if graph.fluxvision_tables(key):
            answer, text = _visitors(cursor, graph, key, asked, marts)
        elif any(source == "atelier" for source, _ in graph.tables(key)):
            answer, text = _session(cursor, asked, marts)
        else:
            answer, text = _row(cursor, graph, key, asked, marts)
    answer = {"fact": asked.fact, **answer, "marts": marts}
    print(json.dumps(answer, indent=2, default=str) if as_json else text)
    return 0


# What `--json` has, and what a person reads.
_Answer = tuple[dict[str, Any], str]


def _visitors(
    cursor: Cursor, graph: Graph, key: str, asked: Asked, marts: Sequence[str]
) -> _Answer:
    said = _required(asked, "zone", "a code, a name, or a label that files bear")
    day = _day(asked)
    zone, remark = zones.zone_code(cursor, said)
    families = slices.families(cursor, graph.fluxvision_tables(key))
    found = [
        slices.explain(cursor, graph, asked.fact, family, families[family], zone, day)
        for family in _families(asked, list(families))
    ]
    if not asked.family and len(found) > 1:
        # Of many families those that say something; the first one when none does.
        found = [one for one in found if one.candidates or one.held.rows] or found[:1]
    return (
        {"remark": remark, "slices": [slices.as_dict(one) for one in found]},
        telling.slices_as_text(found, asked.fact, marts, remark),
    )


def _families(asked: Asked, families: Sequence[str]) -> list[str]:
    if not families:
        raise SettingsError(f"{asked.fact}: no file of its tables has been delivered.")
    if not asked.family:
        return list(families)
    wanted = asked.family.lower()
    chosen = [one for one in families if wanted in (one, slices.place_type(one))]
    if not chosen:
        raise SettingsError(
            f"--family {asked.family}: {asked.fact} has none that is delivered and called so; it"
            f" has {', '.join(families)}."
        )
    return chosen


def _session(cursor: Cursor, asked: Asked, marts: Sequence[str]) -> _Answer:
    said = _required(asked, "machine", "a machining centre, or the folder of its logs")
    day = _day(asked)
    session = sessions.explain(cursor, asked.fact, sessions.machine_code(cursor, said), day)
    return session.as_dict(), telling.session_as_text(session, asked.fact, marts)


def _row(cursor: Cursor, graph: Graph, key: str, asked: Asked, marts: Sequence[str]) -> _Answer:
    columns = graph.primary_key(key)
    if not asked.key:
        raise SettingsError(f"{asked.fact} is explained by --key (its {', '.join(columns)}).")
    wanted = keyed.parse_key(asked.key, columns, asked.fact)
    row = keyed.explain(cursor, asked.fact, wanted, graph.tables(key))
    return row.as_dict(), telling.row_as_text(row, asked.fact, marts)


def _no_fact(said: str, facts: Sequence[str]) -> str:
    near = get_close_matches(said, facts, n=3, cutoff=0.5)
    return f"{said}: there is no such fact; " + (
        f"near it: {', '.join(near)}." if near else f"there are {', '.join(facts)}."
    )


def _required(asked: Asked, option: str, what: str) -> str:
    said: str | None = getattr(asked, option)
    if not said:
        raise SettingsError(f"{asked.fact} is explained by --{option} ({what}).")
    return said


def _day(asked: Asked) -> date:
    if not asked.day:
        raise SettingsError(f"{asked.fact} is explained by --date (such as 2024-07-13).")
    try:
        return date.fromisoformat(asked.day)
    except ValueError:
        raise SettingsError(f"--date {asked.day}: it is not a day (write 2024-07-13).") from None


def _require_built(cursor: Cursor, fact: str) -> None:
    cursor.execute("select to_regclass(%s)", (f"dwh_facts.{fact}",))
    row = cursor.fetchone()
    if not row or row[0] is None:
        raise SettingsError(f"{fact} was never built here; run `entrepot build` first.")


@contextmanager
def _looking(chosen: Warehouse) -> Iterator[Cursor]:
    opened = connect(chosen)
    try:
        with transaction(opened) as cursor:
            cursor.execute("set transaction read only")
            yield cursor
    finally:
        opened.close()
