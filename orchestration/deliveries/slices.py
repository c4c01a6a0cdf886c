"""A slice of a fact of visitors (family, zone, day): who has it, what the fact holds of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from psycopg2 import sql
from psycopg2.extensions import cursor as Cursor

from ingest.warehouse import one_value
from ingest.withdrawals import HAS_LANDED
from orchestration.deliveries.election import Candidate, judge
from orchestration.deliveries.graph import Graph
from orchestration.macros import macro

# The contents of some tables that have landed, each as its last delivery has it; a file counts when
# one of its deliveries is `landed` (see int_fluxvision__fichiers).
_CONTENTS = f"""
    with deliveries as (
        select
            *,
            row_number() over (
                partition by _file_id
                order by delivered_at desc, path collate "C" desc, seen_at desc
            ) as place,
            case
                when bool_or(purged_at is not null) over own then 'purged'
                when bool_or(status = 'landed') over own then 'landed'
                when bool_or(status = 'superseded') over own then 'superseded'
                else 'withdrawn'
            end as standing,
            max(reason) filter (where status = 'withdrawn') over own as said,
            max(rows_landed) over own as own_rows,
            max(landed_at) over own as own_landed_at,
            max(run_id) filter (where landed_at is not null) over own as own_run_id,
            min(first_day) over own as own_first_day,
            max(last_day) over own as own_last_day
        from etl.file_ledger
        where
            source = 'fluxvision' and table_name = any(%(tables)s)
            and {HAS_LANDED}
        window own as (partition by _file_id)
    )

    select
        _file_id, table_name, logical_name, kind = 'provisional', path, delivered_at, seen_at,
        sha256, standing, said, own_first_day, own_last_day, own_rows, own_landed_at, own_run_id
    from deliveries
    where place = 1
"""

# Labels of the zone as the next build will understand them, and what the files have under them.
_CLAIMS = """
    with paroles as (
        select _file_id, libelle_zone
        from dwh_facts.int_fluxvision__revendications
        where famille = %(family)s and date_jour = %(day)s and libelle_zone is not null
        {unread}
    )

    select distinct paroles._file_id
    from paroles
    left join dwh_staging.stg_fluxvision__libelles_connus as connus
        on connus.nature = 'zone' and paroles.libelle_zone = connus.libelle
    where coalesce(connus.code, 'INCONNU') = %(zone)s
"""

# A file that no build has read is asked itself.
_UNREAD = """
        union
        select presences._file_id, {label}
        from dwh_staging.stg_fluxvision__presences as presences
        where
            presences.table_name = any(%(tables)s)
            and presences._file_id = any(%(unread)s)
            and {day} = %(day)s
            and {label} is not null
"""


@dataclass(frozen=True, slots=True)
class Held:
    """What a fact holds of a slice: rows, volume, and the file that they are from."""

    rows: int
    volume: int
    file_id: str | None
    path: str | None


@dataclass(frozen=True, slots=True)
class Slice:
    """A slice explained.

    `built_from`: the file that the last build elected for it. `held`: what the fact has. `is_due`:
    the next build will read it from another file, or from none.
    """

    family: str
    zone: str
    day: date
    candidates: list[Candidate]
    built_from: str | None
    held: Held

    @property
    def winner(self) -> Candidate | None:
        return next((one for one in self.candidates if one.wins), None)

    @property
    def is_due(self) -> bool:
        read_next = self.winner.file_id if self.winner else None
        # A build that was stopped may have elected a file, and not yet read it.
        return self.built_from != read_next or self.held.file_id not in (None, read_next)


def families(cursor: Cursor, tables: Sequence[str]) -> dict[str, list[str]]:
    """Family -> those of some tables that have it, of what was delivered."""
    cursor.execute(
        "select distinct famille, table_name from dwh_staging.stg_fluxvision__fichiers"
        " where table_name = any(%s) order by 1, 2",
        (list(tables),),
    )
    found: dict[str, list[str]] = {}
    for family, table in cursor.fetchall():
        found.setdefault(family, []).append(table)
    return found


def explain(
    cursor: Cursor,
    graph: Graph,
    fact: str,
    family: str,
    tables: Sequence[str],
    zone: str,
    day: date,
) -> Slice:
    """Everything about one slice. `tables`: those of the family that the fact reads."""
    cursor.execute(_CONTENTS, {"tables": list(tables)})
    contents = [Candidate(*row) for row in cursor.fetchall()]
    asked = {"family": family, "tables": list(tables), "zone": zone, "day": day}
    asked["unread"] = _unread(cursor, contents, day)
    unread = _UNREAD.format(
        label=macro("libelle_normalise", "coalesce(presences.zone_brute, '')"),
        day=macro("lire_date", "presences.date_brute"),
    )
    cursor.execute(_CLAIMS.format(unread=unread if asked["unread"] else ""), asked)
    claims = {row[0] for row in cursor.fetchall()}
    claiming = [one for one in contents if one.file_id in claims]
    latest = {one.logical_name: one for one in contents if one.status == "landed"}
    candidates = judge(claiming, latest)
    for one in candidates:
        one.rejects = _rejects(cursor, graph, one, zone, day)
    only_weekly = fact == "fait_provisoires"
    return Slice(
        family=family,
        zone=zone,
        day=day,
        candidates=candidates,
        built_from=_built_from(cursor, family, zone, day, only_weekly=only_weekly),
        held=_held(cursor, fact, family, zone, day),
    )


def _unread(cursor: Cursor, contents: Sequence[Candidate], day: date) -> list[str]:
    """The contents that may have a day, and of which no build has read what they claim."""
    near = [
        one.file_id
        for one in contents
        if (one.first_day is None or one.first_day <= day)
        and (one.last_day is None or day <= one.last_day)
    ]
    cursor.execute(
        "select _file_id from unnest(%s::text[]) as near (_file_id) where _file_id not in"
        " (select _file_id from dwh_facts.int_fluxvision__revendications"
        " where libelle_zone is null)",
        (near,),
    )
    return [row[0] for row in cursor.fetchall()]


def _rejects(cursor: Cursor, graph: Graph, one: Candidate, zone: str, day: date) -> dict[str, int]:
    """Reason -> rows: lines of the file that did not land, rows of the slice that staging left."""
    cursor.execute(
        "select reason, count(*) from etl.rejects where _file_id = %s group by reason order by 1",
        (one.file_id,),
    )
    found = {f"file: {reason}": int(count) for reason, count in cursor.fetchall()}
    twin = graph.twin("fluxvision", one.table)
    if twin and one.status != "purged":
        cursor.execute(
            sql.SQL(
                "select motif, count(*) from {} where _file_id = %s and code_zone = %s"
                " and date_jour = %s group by motif order by 1"
            ).format(sql.Identifier("dwh_staging", twin)),
            (one.file_id, zone, day),
        )
        found |= {f"slice: {motif}": int(count) for motif, count in cursor.fetchall()}
    return found


def _built_from(
    cursor: Cursor, family: str, zone: str, day: date, *, only_weekly: bool
) -> str | None:
    column = "_file_id_provisoire" if only_weekly else "_file_id"
    cursor.execute(
        f"select {column} from dwh_facts.int_fluxvision__tranches"
        " where famille = %s and code_zone = %s and date_jour = %s",
        (family, zone, day),
    )
    found: str | None = one_value(cursor)
    return found


def _held(cursor: Cursor, fact: str, family: str, zone: str, day: date) -> Held:
    conditions, values = "", [zone, day]
    columns = _columns(cursor, fact)
    if "type_lieu" in columns:
        conditions, values = " and type_lieu = %s", [zone, day, place_type(family)]
    elif "famille" in columns:
        conditions, values = " and famille = %s", [zone, day, family]
    cursor.execute(
        sql.SQL(
            "select count(*), coalesce(sum(volume), 0), max(_file_id) from {}"
            " where code_zone = %s and date_jour = %s" + conditions
        ).format(sql.Identifier("dwh_facts", fact)),
        values,
    )
    rows, volume, file_id = cursor.fetchone() or (0, 0, None)
    return Held(int(rows), int(volume), file_id, path_of(cursor, file_id))


def path_of(cursor: Cursor, file_id: str | None) -> str | None:
    """The path of the last delivery of a content."""
    cursor.execute(
        "select path from etl.file_ledger where _file_id = %s"
        ' order by delivered_at desc, path collate "C" desc, seen_at desc limit 1',
        (file_id,),
    )
    found: str | None = one_value(cursor)
    return found


def _columns(cursor: Cursor, fact: str) -> set[str]:
    cursor.execute(
        "select attname from pg_attribute where attrelid = to_regclass(%s) and attnum > 0",
        (f"dwh_facts.{fact}",),
    )
    return {row[0] for row in cursor.fetchall()}


def place_type(family: str) -> str:
    """The kind of place that a family speaks of: `lieu_nuitee_soir_pays` -> `nuitee_soir`."""
    for part in ("_departement", "_pays"):
        family = family.replace(part, "")
    return family.replace("lieu_", "")


def as_dict(one: Slice) -> dict[str, Any]:
    """A slice for a program."""
    return {
        "family": one.family,
        "zone": one.zone,
        "date": one.day,
        "read_from": None if one.winner is None else one.winner.path,
        "rule": None if one.winner is None else one.winner.rule,
        "is_due": one.is_due,
        "fact_now": {
            "rows": one.held.rows,
            "volume": one.held.volume,
            "file_id": one.held.file_id,
            "path": one.held.path,
        },
        "files": [
            {
                "file_id": file.file_id,
                "path": file.path,
                "table": file.table,
                "kind": "provisional" if file.is_provisional else "consolidated",
                "delivered_at": file.delivered_at,
                "sha256": file.sha256,
                "status": file.status,
                "reason": file.reason,
                "wins": file.wins,
                "rule": file.rule,
                "against": file.against,
                "rows": file.rows,
                "landed_at": file.landed_at,
                "run_id": file.run_id,
                "rejects": file.rejects,
            }
            for file in one.candidates
        ],
    }
