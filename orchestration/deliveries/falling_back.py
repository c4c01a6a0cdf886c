"""Which figures move when some contents are withdrawn or put back: from which file to which.

Asked of the models that dbt has built, in the transaction that has just changed the ledger: there
the view of the files that hold already shows them as the next build will.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

from psycopg2.extensions import cursor as Cursor

from ingest.warehouse import one_value
from ingest.withdrawals import Content
from orchestration.macros import macro

# More slices than these are counted by zone, without asking which file each falls back to.
MANY_SLICES = 50_000

_TOUCHED = """
    zones_des_libelles as (
        select distinct on (libelle) libelle, code
        from dwh_facts.int_fluxvision__correspondances
        where nature = 'zone'
        order by libelle, version desc
    ),

    touchees as (
        select distinct revendications.famille, zones.code as code_zone, revendications.date_jour
        from dwh_facts.int_fluxvision__revendications as revendications
        inner join zones_des_libelles as zones on revendications.libelle_zone = zones.libelle
        where revendications._file_id = any(%(ids)s)
    )
"""

# A weekly file is what `fait_provisoires` holds, whoever has won the slice.
_MOVED = """
    with {touched},

    candidats as (
        select touchees.*, fichiers._file_id, fichiers.chemin, fichiers.est_provisoire,
            {rank} as rang, {weekly_rank} as rang_provisoire
        from touchees
        inner join zones_des_libelles as zones on touchees.code_zone = zones.code
        inner join dwh_facts.int_fluxvision__revendications as revendications
            on touchees.famille = revendications.famille
            and touchees.date_jour = revendications.date_jour
            and zones.libelle = revendications.libelle_zone
        inner join dwh_facts.int_fluxvision__fichiers as fichiers
            on revendications._file_id = fichiers._file_id
    ),

    compares as (
        select touchees.*, elus.chemin, hebdo.chemin as chemin_hebdo,
            coalesce(elus._file_id, '') <> coalesce(batie._file_id, '') as bouge,
            coalesce(hebdo._file_id, '') <> coalesce(batie._file_id_provisoire, '') as bouge_hebdo
        from touchees
        left join candidats as elus
            on (touchees.famille, touchees.code_zone, touchees.date_jour)
            = (elus.famille, elus.code_zone, elus.date_jour) and elus.rang = 1
        left join candidats as hebdo
            on (touchees.famille, touchees.code_zone, touchees.date_jour)
            = (hebdo.famille, hebdo.code_zone, hebdo.date_jour)
            and hebdo.rang_provisoire = 1 and hebdo.est_provisoire
        left join dwh_facts.int_fluxvision__tranches as batie
            on (touchees.famille, touchees.code_zone, touchees.date_jour)
            = (batie.famille, batie.code_zone, batie.date_jour)
    )

    select case when bouge then famille else famille || ', weekly' end, code_zone,
        min(date_jour), max(date_jour), count(*), case when bouge then chemin else chemin_hebdo end
    from compares
    where bouge or bouge_hebdo
    group by 1, 2, 6
    order by 1, 2, 3
"""

_COUNTED = """
    with {touched}

    select famille, code_zone, min(date_jour), max(date_jour), count(*)
    from touchees
    group by famille, code_zone
    order by famille, code_zone
"""

# Contents of some logs that the next build reads: no build has yet, or not to its end, since what
# continues it, and is withdrawn or put back, had taken it up.
_TO_READ = """
    select fichiers._file_id
    from dwh_facts.int_atelier__fichiers as fichiers
    where
        fichiers.nom_logique in (
            select logical_name from etl.file_ledger where _file_id = any(%(ids)s)
        )
        and (
            fichiers._file_id not in (
                select _file_id from dwh_facts.int_atelier__jours_lus where date_jour is null
            )
            or fichiers._file_id in (
                select continues_file_id from etl.file_ledger where _file_id = any(%(ids)s)
            )
        )
"""

# Sessions of which other contents will be read than were; of a log the end of its chain is told.
_LOGS = """
    with batis as (
        select * from dwh_facts.int_atelier__revendications
        where nom_logique in (
            select logical_name from etl.file_ledger where _file_id = any(%(ids)s)
        )
    ),

    contenus as (
        select batis.nom_logique, batis.code_centre_usinage, batis.date_production,
            batis.est_active, fichiers._file_id is not null as sera_lu
        from batis
        left join dwh_facts.int_atelier__fichiers as fichiers on batis._file_id = fichiers._file_id
        union all
        select distinct fichiers.nom_logique, lus.code_centre_usinage, lus.date_production,
            false, true
        from dwh_staging.stg_atelier__evenements as lus
        inner join dwh_facts.int_atelier__fichiers as fichiers on lus._file_id = fichiers._file_id
        where
            lus._file_id = any(%(fresh)s)
            and (lus._file_id, lus.code_centre_usinage, lus.date_production) not in (
                select _file_id, code_centre_usinage, date_production from batis
            )
    ),

    fins_des_chaines as (
        select fichiers.nom_logique, max(ledger.path) as chemin
        from dwh_facts.int_atelier__fichiers as fichiers
        inner join etl.file_ledger as ledger on fichiers._file_id = ledger._file_id
        where
            ledger.status in ('landed', 'superseded', 'duplicate')
            and not exists (
                select 1
                from etl.file_ledger as suites
                inner join dwh_facts.int_atelier__fichiers as suivants
                    on suites._file_id = suivants._file_id
                where suites.continues_file_id = fichiers._file_id
            )
        group by fichiers.nom_logique
    ),

    sessions as (
        select nom_logique, code_centre_usinage, date_production, bool_or(sera_lu) as reste
        from contenus
        group by nom_logique, code_centre_usinage, date_production
        having bool_or(sera_lu <> est_active)
    )

    select 'log of ' || sessions.nom_logique, sessions.code_centre_usinage,
        min(sessions.date_production), max(sessions.date_production), count(*), fins.chemin
    from sessions
    left join fins_des_chaines as fins
        on sessions.reste and sessions.nom_logique = fins.nom_logique
    group by 1, 2, 6
    order by 1, 2, 3
"""


@dataclass(frozen=True, slots=True)
class Fallback:
    """Slices of one kind and place that move to one file, or to none.

    `what`: a family, `<family>, weekly` where only what its weekly file said moves
    (`fait_provisoires`), or a log. `where`: a zone, or a machining centre. `to`: the path of the
    file that they will be read from; None: nobody else has them. `is_counted`: too many to say.
    """

    what: str
    where: str
    first_day: date
    last_day: date
    slices: int
    to: str | None = None
    is_counted: bool = False

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Falling:
    """`moves`: what is known to move. `unread`: files of visitors that count and that no build has
    read yet, of the tables concerned: what they claim is not in `moves`. (Logs are read for it.)"""

    moves: list[Fallback]
    unread: int


def fallbacks(cursor: Cursor, contents: Sequence[Content]) -> Falling | None:
    """What moves once a build has seen the ledger as it is in this transaction.

    The transaction has the rights of the login from here on. None: of no source concerned a build
    has said yet which files claim what.
    """
    cursor.execute("set local role none")
    found = []
    for source, model, ask in (
        ("fluxvision", "int_fluxvision__tranches", _of_visitors),
        ("atelier", "int_atelier__revendications", _of_the_workshop),
    ):
        own = [content for content in contents if content.source == source]
        if own and _is_built(cursor, model):
            found.append(ask(cursor, own))
    if not found:
        return None
    return Falling([one for part in found for one in part.moves], sum(one.unread for one in found))


def _of_visitors(cursor: Cursor, contents: Sequence[Content]) -> Falling:
    moves = _slices(cursor, [content.file_id for content in contents])
    return Falling(moves, _unread(cursor, sorted({content.table for content in contents})))


def _of_the_workshop(cursor: Cursor, contents: Sequence[Content]) -> Falling:
    ids = [content.file_id for content in contents]
    cursor.execute(_TO_READ, {"ids": ids})
    fresh = [row[0] for row in cursor.fetchall()]
    cursor.execute(_LOGS, {"ids": ids, "fresh": fresh})
    return Falling([Fallback(*row) for row in cursor.fetchall()], 0)


def _is_built(cursor: Cursor, model: str) -> bool:
    cursor.execute("select to_regclass(%s) is not null", (f"dwh_facts.{model}",))
    return bool(one_value(cursor))


def _slices(cursor: Cursor, file_ids: Sequence[str]) -> list[Fallback]:
    asked = {"ids": list(file_ids)}
    cursor.execute(_COUNTED.format(touched=_TOUCHED), asked)
    counted = [
        Fallback(what, where, first, last, count, is_counted=True)
        for what, where, first, last, count in cursor.fetchall()
    ]
    if sum(one.slices for one in counted) > MANY_SLICES:
        return counted
    moved = _MOVED.format(
        touched=_TOUCHED,
        rank=macro("rang_du_candidat", "fichiers.est_provisoire"),
        weekly_rank=macro("rang_du_candidat", "not fichiers.est_provisoire"),
    )
    cursor.execute(moved, asked)
    return [Fallback(*row) for row in cursor.fetchall()]


def _unread(cursor: Cursor, tables: Sequence[str]) -> int:
    """Files of the families of some tables that count, and whose claims no build has read."""
    cursor.execute(
        "select count(*) from dwh_facts.int_fluxvision__fichiers as fichiers"
        " where fichiers.famille in ("
        "   select familles.famille from dwh_staging.stg_fluxvision__fichiers as familles"
        "   where familles.table_name = any(%s))"
        " and not exists (select 1 from dwh_facts.int_fluxvision__revendications as lues"
        "   where lues._file_id = fichiers._file_id and lues.libelle_zone is null)",
        (list(tables),),
    )
    return int(one_value(cursor))
