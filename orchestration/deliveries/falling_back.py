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

_MOVED = """
    with {touched},

    candidats as (
        select touchees.*, fichiers._file_id, fichiers.chemin, {rank} as rang
        from touchees
        inner join zones_des_libelles as zones on touchees.code_zone = zones.code
        inner join dwh_facts.int_fluxvision__revendications as revendications
            on touchees.famille = revendications.famille
            and touchees.date_jour = revendications.date_jour
            and zones.libelle = revendications.libelle_zone
        inner join dwh_facts.int_fluxvision__fichiers as fichiers
            on revendications._file_id = fichiers._file_id
    )

    select touchees.famille, touchees.code_zone, min(touchees.date_jour),
        max(touchees.date_jour), count(*), elus.chemin
    from touchees
    left join candidats as elus
        on (touchees.famille, touchees.code_zone, touchees.date_jour)
        = (elus.famille, elus.code_zone, elus.date_jour) and elus.rang = 1
    left join dwh_facts.int_fluxvision__tranches as batie
        on (touchees.famille, touchees.code_zone, touchees.date_jour)
        = (batie.famille, batie.code_zone, batie.date_jour)
    where coalesce(elus._file_id, '') <> coalesce(batie._file_id, '')
    group by touchees.famille, touchees.code_zone, elus.chemin
    order by touchees.famille, touchees.code_zone, min(touchees.date_jour)
"""

_COUNTED = """
    with {touched}

    select famille, code_zone, min(date_jour), max(date_jour), count(*)
    from touchees
    group by famille, code_zone
    order by famille, code_zone
"""

_LOGS = """
    with fin_des_chaines as (
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
    )

    select 'log of ' || revendications.nom_logique, revendications.code_centre_usinage,
        min(revendications.date_production), max(revendications.date_production),
        count(distinct revendications.date_production), fin_des_chaines.chemin
    from dwh_facts.int_atelier__revendications as revendications
    left join fin_des_chaines on revendications.nom_logique = fin_des_chaines.nom_logique
    where revendications._file_id = any(%(ids)s)
    group by revendications.nom_logique, revendications.code_centre_usinage,
        fin_des_chaines.chemin
    order by 1, 2
"""


@dataclass(frozen=True, slots=True)
class Fallback:
    """Slices of one kind and place that move to one file, or to none.

    `what`: a family, or a log. `where`: a zone, or a machining centre. `to`: the path of the file
    that they will be read from; None: nobody else has them. `is_counted`: too many to say that.
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
    """`moves`: what is known to move. `unread`: files that count and that no build has read yet, of
    the tables concerned: what they claim is not in `moves`."""

    moves: list[Fallback]
    unread: int


def fallbacks(cursor: Cursor, contents: Sequence[Content]) -> Falling | None:
    """What moves once a build has seen the ledger as it is in this transaction.

    The transaction has the rights of the login from here on. None: nothing was ever built.
    """
    cursor.execute("set local role none")
    ids = {
        source: [c.file_id for c in contents if c.source == source]
        for source in ("fluxvision", "atelier")
    }
    found = Falling([], 0)
    if ids["fluxvision"]:
        if not _is_built(cursor, "int_fluxvision__tranches"):
            return None
        found = Falling(
            _slices(cursor, ids["fluxvision"]),
            _unread(cursor, sorted({c.table for c in contents if c.source == "fluxvision"})),
        )
    if ids["atelier"]:
        if not _is_built(cursor, "int_atelier__revendications"):
            return None
        cursor.execute(_LOGS, {"ids": ids["atelier"]})
        found.moves.extend(Fallback(*row) for row in cursor.fetchall())
    return found


def _is_built(cursor: Cursor, model: str) -> bool:
    cursor.execute("select to_regclass(%s) is not null", (f"dwh_facts.{model}",))
    row = cursor.fetchone()
    return bool(row and row[0])


def _slices(cursor: Cursor, file_ids: Sequence[str]) -> list[Fallback]:
    asked = {"ids": list(file_ids)}
    cursor.execute(_COUNTED.format(touched=_TOUCHED), asked)
    counted = [
        Fallback(what, where, first, last, count, is_counted=True)
        for what, where, first, last, count in cursor.fetchall()
    ]
    if sum(one.slices for one in counted) > MANY_SLICES:
        return counted
    rank = macro("rang_du_candidat", "fichiers.est_provisoire")
    cursor.execute(_MOVED.format(touched=_TOUCHED, rank=rank), asked)
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
    row = cursor.fetchone()
    return int(row[0]) if row else 0
