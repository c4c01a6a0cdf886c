"""`entrepot why`: the files, or the loads, that a figure of a fact comes from, and why these.

fact -> what kind of source it has (dbt's manifest) -> slices of visitors, a session of the
workshop, or a row by its key -> what the fact holds, what the next build will read, which marts it feeds
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from difflib import get_close_matches

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
            told = _slices(cursor, graph, key, asked)
            print(
                json.dumps(_all(told, asked, marts), indent=2, default=str)
                if as_json
                else telling.slices_as_text(told.found, asked.fact, marts, told.remark)
            )
        elif "date_production" in graph.primary_key(key):
            session = _session(cursor, asked)
            answer = {"fact": asked.fact, **session.as_dict(), "marts": marts}
            print(
                json.dumps(answer, indent=2, default=str)
                if as_json
                else telling.session_as_text(session, asked.fact, marts)
            )
        else:
            columns = graph.primary_key(key)
            _require(asked, "key", f"the key of {asked.fact}: {', '.join(columns)}")
            wanted = keyed.parse_key(asked.key, columns, asked.fact)
            row = keyed.explain(cursor, asked.fact, wanted, graph.tables(key))
            answer = {"fact": asked.fact, **row.as_dict(), "marts": marts}
            print(
                json.dumps(answer, indent=2, default=str)
                if as_json
                else telling.row_as_text(row, asked.fact, marts)
            )
    return 0


@dataclass(frozen=True, slots=True)
class _Slices:
    found: list[slices.Slice]
    remark: str | None


def _slices(cursor: Cursor, graph: Graph, key: str, asked: Asked) -> _Slices:
    _require(asked, "zone", "a code, a name, or a label that files bear")
    day = _day(asked)
    assert asked.zone is not None
    zone, remark = zones.zone_code(cursor, asked.zone)
    families = slices.families(cursor, graph.fluxvision_tables(key))
    wanted = _families(asked, list(families))
    found = [
        slices.explain(cursor, graph, asked.fact, family, families[family], zone, day)
        for family in wanted
    ]
    if not asked.family and len(found) > 1:
        # Of many families those that say something; all of them when none does.
        found = [one for one in found if one.candidates or one.held.rows] or found[:1]
    return _Slices(found, remark)


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


def _session(cursor: Cursor, asked: Asked) -> sessions.Session:
    _require(asked, "machine", "a machining centre, or the folder of its logs")
    day = _day(asked)
    assert asked.machine is not None
    return sessions.explain(cursor, asked.fact, sessions.machine_code(cursor, asked.machine), day)


def _all(told: _Slices, asked: Asked, marts: Sequence[str]) -> dict[str, object]:
    return {
        "fact": asked.fact,
        "remark": told.remark,
        "slices": [slices.as_dict(one) for one in told.found],
        "marts": list(marts),
    }


def _no_fact(said: str, facts: Sequence[str]) -> str:
    near = get_close_matches(said, facts, n=3, cutoff=0.5)
    return f"{said}: there is no such fact; " + (
        f"near it: {', '.join(near)}." if near else f"there are {', '.join(facts)}."
    )


def _require(asked: Asked, option: str, what: str) -> None:
    if not getattr(asked, option):
        raise SettingsError(f"{asked.fact} is explained by --{option} ({what}).")


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
