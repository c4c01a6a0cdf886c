"""The warehouse's facts beside the oracle's, and what a landing says beside what was delivered."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import Any

from tests.support import marts, oracle
from tests.support.familles import FAMILLES
from tests.support.house import Done, House
from tests.support.inbox import Event, Inbox, unpacked

CODES = {
    "departement": ["code_departement"],
    "pays": ["code_pays"],
    "duree": ["code_duree"],
    "lieu": ["code_epci", "code_commune"],
}
SHOWN = 8


def fact_columns(fact: str) -> tuple[list[str], bool]:
    """The detail keys of a fact, in the oracle's order, and whether it tells kinds of place."""
    family = next(family for family in FAMILLES.values() if family.fact == fact)
    return [code for detail in family.details for code in CODES[detail]], bool(family.type_lieu)


def warehouse_fact(house: House, fact: str) -> dict[oracle.FactRow, tuple[int, bool, str]]:
    """A fact as it lies in the warehouse, in the shape of the oracle's."""
    details, places = fact_columns(fact)
    kind = "type_lieu" if places else "null"
    grain = ", ".join(f"fact.{name}" for name in ["code_provenance", "code_categorie", *details])
    query = f"""
        select fact.date_jour, fact.code_zone, array[{grain}]::text[], {kind}, fact.volume,
            fact.est_provisoire, ledger.sha256
        from dwh_facts.{fact} as fact
        left join (
            select distinct _file_id, sha256 from etl.file_ledger where _file_id is not null
        ) as ledger using (_file_id)
    """
    found: dict[oracle.FactRow, tuple[int, bool, str]] = {}
    for day, zone, keys, place, volume, provisional, sha in house.rows(query):
        key = (day, zone, tuple(keys), place)
        assert key not in found, f"{fact}: two rows of one grain: {key}"
        found[key] = (volume, provisional, sha)
    return found


def facts_differ(house: House, sightings: Sequence[Event]) -> list[str]:
    """Every difference between the facts and the oracle, in words; empty when there is none."""
    said = []
    for fact, expected in oracle.facts(sightings).items():
        said += differing(fact, expected, warehouse_fact(house, fact))
    weekly = {
        tuple(key): (volume, sha)
        for *key, volume, sha in house.rows(
            "select date_jour, code_zone, famille, code_provenance, code_categorie, volume, sha256 "
            "from dwh_facts.fait_provisoires left join (select distinct _file_id, sha256 from "
            "etl.file_ledger where _file_id is not null) as ledger using (_file_id)"
        )
    }
    said += differing("fait_provisoires", oracle.provisional_volumes(sightings), weekly)
    return said


def marts_differ(house: House, sightings: Sequence[Event]) -> list[str]:
    """Every difference between the marts and what the files say, in words."""
    said = []
    for mart, expected in marts.tables(house, sightings).items():
        keys, values = marts.COLUMNS[mart]
        rows = house.rows(
            f"select {', '.join((*keys, *values))} from dwh_marts.{mart} "
            f"where {marts.ONLY.get(mart, 'true')}"
        )
        found = {row[: len(keys)]: row[len(keys) :] for row in rows}
        said += differing(mart, expected, found)
    return said


def ledger_differs(house: House, sightings: Sequence[Event]) -> list[str]:
    """Where the ledger's statuses, or the rows of the raw tables, are not what the files say."""
    found = oracle.versions(sightings)
    holding = {id(version) for version in oracle.active(found)}
    expected = {
        (version.table, version.sha256): "withdrawn"
        if version.is_withdrawn
        else "landed"
        if id(version) in holding
        else "superseded"
        for version in found
    }
    ledger: dict[tuple[str, str], str] = {}
    said = []
    for table, sha, status in house.rows(
        "select table_name, sha256, status from etl.file_ledger where source = 'fluxvision' "
        "and (status in ('landed', 'superseded') or withdrawn_until is not null)"
    ):
        # Of what a person withdrew each delivery is.
        if (table, sha) in ledger and "withdrawn" not in (status, ledger[table, sha]):
            said.append(f"ledger: two rows stand for {table} {sha[:8]}")
        ledger[(table, sha)] = status
    said += differing("ledger", expected, ledger)
    rows = house.rows(
        "select path from etl.file_ledger where rows_read <> rows_landed + rows_rejected"
    )
    said += [f"ledger: rows are lost of {path}" for (path,) in rows]
    for table in sorted({version.table for version in found}):
        wanted = {v.sha256: v.landed_rows for v in found if v.table == table}
        landed = dict(
            house.rows(
                "select ledger.sha256, count(*) from raw_fluxvision." + table + " as landed "
                "left join (select distinct _file_id, sha256 from etl.file_ledger) as ledger "
                "using (_file_id) group by 1"
            )
        )
        wanted = {sha: rows for sha, rows in wanted.items() if rows}
        said += differing(f"rows of {table}", wanted, landed)
    return said


def landing_differs(done: Done, inbox: Inbox) -> list[str]:
    """What a landing run (`--json`) failed of that no file of the place explains.

    A faulty file, and rejects above the tolerance, end in 1, each with its line. A run that failed
    as a whole has no report, or lines about something else.
    """
    if done.code == 0:
        return []
    if done.code != 1 or not done.out:
        return [done.err or "it says nothing"]
    faulty = []
    for put in inbox.present.values():
        found = unpacked(put.path, put.content)
        faulty += [path for path, content in found if oracle.parse(path, content) is None]
        faulty += [] if found else [put.path]
    return [
        failure
        for failure in json.loads(done.out)["failures"] or ["it does not say what failed"]
        if not failure.startswith(tuple(f"{path}: " for path in faulty))
        and not re.match(r"fluxvision\.\w+: \d+ of \d+ rows rejected, more than ", failure)
    ]


def differing(name: str, expected: dict[Any, Any], found: dict[Any, Any]) -> list[str]:
    """What differs between two tables given as key -> values; at most some lines of it."""
    said = [
        f"{name} {_words(key)}: expected {expected.get(key, 'no row')}, "
        f"found {found.get(key, 'no row')}"
        for key in sorted({*expected, *found}, key=str)
        if expected.get(key) != found.get(key)
    ]
    more = [f"{name}: and {len(said) - SHOWN} more"] if len(said) > SHOWN else []
    return said[:SHOWN] + more


def _words(key: Any) -> str:
    return " ".join(str(part) for part in key) if isinstance(key, tuple) else str(key)
