"""A session of the workshop (machining centre, production day): the logs that it is made from."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import date, datetime
from difflib import get_close_matches
from typing import Any

from psycopg2 import sql
from psycopg2.extensions import cursor as Cursor

from ingest.settings import SettingsError
from ingest.warehouse import one_value
from ingest.withdrawals import HAS_LANDED

RULES = {
    "read": "of its log the content with most lines",
    "part of it": "the beginning of the content that is read",
    "fewer lines": "another content of the same log has more lines",
    "as many lines": "another content of the same log has as many, and goes before it by the later"
    " delivery, else the greater path, else the greater hash",
    "withdrawn": "a person took it out",
    "purged": "its rows went at the end of their retention",
}

# Every content of the logs that have events of the session, and whether the next build reads it.
# `fresh`: those of them that no build has read.
_LOGS = f"""
    with journaux as (
        select distinct nom_logique from dwh_facts.int_atelier__revendications
        where code_centre_usinage = %(machine)s and date_production = %(day)s
        union
        select logical_name from etl.file_ledger where _file_id = any(%(fresh)s)
    ),

    contenus as (
        select
            held._file_id,
            max(held.logical_name) as nom_logique,
            (array_agg(held.path order by held.delivered_at desc, held.path collate "C" desc))[1]
                as path,
            max(held.delivered_at) as delivered_at,
            max(coalesce(held.first_row, 1) - 1 + held.rows_read) as lines,
            max(held.rows_rejected) as rejected,
            max(held.landed_at) as landed_at,
            max(held.run_id) filter (where held.landed_at is not null) as run_id,
            max(held.reason) filter (where held.status = 'withdrawn') as reason,
            bool_or(held.purged_at is not null) as is_purged,
            bool_or(held.status in ('landed', 'superseded', 'duplicate')) as counts,
            max(held.continues_file_id) as continues
        from etl.file_ledger as held
        inner join journaux on held.logical_name = journaux.nom_logique
        where
            held.source = 'atelier'
            and {HAS_LANDED}
        group by held._file_id
    )

    select
        contenus._file_id, contenus.nom_logique, contenus.path, contenus.delivered_at,
        contenus.lines, contenus.rejected, contenus.landed_at, contenus.run_id, contenus.reason,
        case
            when contenus.is_purged then 'purged'
            when fichiers._file_id is not null and exists (
                select 1
                from contenus as suites
                inner join dwh_facts.int_atelier__fichiers as lues
                    on suites._file_id = lues._file_id
                where suites.continues = contenus._file_id
            ) then 'part of it'
            when fichiers._file_id is not null then 'read'
            when not contenus.counts then 'withdrawn'
            when contenus.lines < max(contenus.lines) filter (where fichiers._file_id is not null)
                over (partition by contenus.nom_logique) then 'fewer lines'
            else 'as many lines'
        end,
        batie._file_id is not null or contenus._file_id = any(%(fresh)s),
        coalesce(batie.est_active, false)
    from contenus
    left join dwh_facts.int_atelier__fichiers as fichiers on contenus._file_id = fichiers._file_id
    left join dwh_facts.int_atelier__revendications as batie
        on
            contenus._file_id = batie._file_id
            and batie.code_centre_usinage = %(machine)s
            and batie.date_production = %(day)s
    order by contenus.nom_logique, contenus.lines desc, contenus.delivered_at desc
"""


@dataclass(frozen=True, slots=True)
class Log:
    """A content of a log that has events of the session.

    `rule`: a key of RULES. `has_events`: it brought some itself. `is_built`: the last build took
    them into the session.
    """

    file_id: str
    logical_name: str
    path: str
    delivered_at: datetime
    lines: int
    rejected: int
    landed_at: datetime | None
    run_id: str | None
    reason: str | None
    rule: str
    has_events: bool
    is_built: bool

    @property
    def is_read(self) -> bool:
        """Whether the next build reads it."""
        return self.rule in ("read", "part of it")


@dataclass(frozen=True, slots=True)
class Session:
    """`rows`: those of the fact. `rejects`: reason -> lines of the logs that staging left out."""

    machine: str
    day: date
    logs: list[Log]
    rows: int
    rejects: dict[str, int]

    @property
    def is_due(self) -> bool:
        """Whether the next build makes it from other contents."""
        return any(one.is_built != (one.is_read and one.has_events) for one in self.logs)

    def as_dict(self) -> dict[str, Any]:
        return {**asdict(self), "is_due": self.is_due}


def machine_code(cursor: Cursor, said: str) -> str:
    """The code of the machining centre that is called so, or whose logs lie in a folder called so.

    Raises:
        SettingsError: there is none.
    """
    cursor.execute(
        "select code_centre_usinage from dwh_dimensions.dim_centre_usinage"
        " where upper(trim(%(said)s)) in (upper(code_centre_usinage), upper(nom_centre_usinage))"
        " union select code_centre_usinage from dwh_staging.stg_atelier__dossiers"
        " where dossier = upper(trim(%(said)s))",
        {"said": said},
    )
    found = one_value(cursor)
    if found:
        return str(found)
    cursor.execute("select code_centre_usinage from dwh_dimensions.dim_centre_usinage order by 1")
    names = [row[0] for row in cursor.fetchall()]
    near = get_close_matches(said.upper(), names, n=3, cutoff=0.5) or names
    raise SettingsError(f"--machine {said}: no machine is called so; there are {', '.join(near)}.")


def explain(cursor: Cursor, fact: str, machine: str, day: date) -> Session:
    """Everything about one session of a fact of the workshop."""
    cursor.execute(
        "select _file_id from dwh_facts.int_atelier__fichiers where _file_id not in"
        " (select _file_id from dwh_facts.int_atelier__jours_lus where date_jour is null)"
    )
    unread = [row[0] for row in cursor.fetchall()]
    cursor.execute(
        "select distinct _file_id from dwh_staging.stg_atelier__evenements where _file_id = any(%s)"
        " and code_centre_usinage = %s and date_production = %s",
        (unread, machine, day),
    )
    fresh = [row[0] for row in cursor.fetchall()]
    cursor.execute(_LOGS, {"machine": machine, "day": day, "fresh": fresh})
    logs = [Log(*row) for row in cursor.fetchall()]
    cursor.execute(
        sql.SQL(
            "select count(*) from {} where code_centre_usinage = %s and date_production = %s"
        ).format(sql.Identifier("dwh_facts", fact)),
        (machine, day),
    )
    rows = int(one_value(cursor))
    cursor.execute(
        "select motif, count(*) from dwh_staging.stg_atelier__evenements__rejets"
        " where _file_id = any(%s) group by motif order by 1",
        ([one.file_id for one in logs if one.is_read],),
    )
    return Session(machine, day, logs, rows, {motif: int(n) for motif, n in cursor.fetchall()})
