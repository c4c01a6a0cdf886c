"""What goes wrong in the living ERP, put in with `--faults`; the plain demo has none of it.

Each has to be rejected, or reported, by name; every other row stays good. The rows show the newest
date of their table, so that whoever follows dates meets them.
"""

from __future__ import annotations

from demo.database import Fault

# More than a driver expects of a text without a declared width.
LONG_TEXT = 20_000


def _copied(name: str, table: str, which: str, change: str) -> Fault:
    """One more row like another one, but for what changes; both show the newest date."""
    return Fault(
        name,
        table,
        f"""
        update "PUB".{table} set dat_mod = (select max(dat_mod) from "PUB".{table}) where {which};
        drop table if exists spoilt;
        create temporary table spoilt on commit drop as
        select * from "PUB".{table} where {which};
        update spoilt set {change};
        insert into "PUB".{table} select * from spoilt
        """,
    )


def _changed(name: str, table: str, key: str, place: int, change: str) -> Fault:
    """One row, counted from the last, that changes."""
    return Fault(
        name,
        table,
        f"""
        update "PUB".{table}
        set {change}, dat_mod = (select max(dat_mod) from "PUB".{table})
        where {key} = (
            select {key} from "PUB".{table}
            where {key} is not null order by {key} desc offset {place} limit 1
        )
        """,
    )


FAULTS = (
    _copied(
        "null key",
        "lignecli",
        'uniq_id = (select min(uniq_id) from "PUB".lignecli)',
        "uniq_id = null",
    ),
    _copied(
        "duplicate key",
        "lignecli",
        'uniq_id = (select max(uniq_id) from "PUB".lignecli)',
        "qte = qte + 1",
    ),
    _copied(
        "duplicate key with a null",
        "hisprixa",
        'ctid = (select ctid from "PUB".hisprixa where hr_mod is null '
        "order by cod_pro, dat_px, cod_fou limit 1)",
        "px_refa = px_refa + 1",
    ),
    _changed("unreadable date", "lignecli", "uniq_id", 3, "dat_liv = '31/02/2026'"),
    _changed("unreadable yes or no", "lignecli", "uniq_id", 4, "gratuit = 'P-E'"),
    _changed("unknown code", "lignecli", "uniq_id", 5, "famille = 'ZZZ'"),
    _changed("unreadable number", "produit", "cod_pro", 2, "poid_net = 'lourd'"),
    _changed("long text", "produit", "cod_pro", 3, f"desc_tech = repeat('très ', {LONG_TEXT} / 5)"),
    _changed("unreadable text", "produit", "cod_pro", 4, "nom_pro = 'Pi\ufffdce d''usure'"),
    _changed("too many elements", "client", "cod_cli", 2, "adresse = 'a;b;c;d'"),
    _changed("unreadable yes or no", "produit", "cod_pro", 5, "consigne = 'X'"),
    Fault(
        "unreadable number",
        "hisprixa",
        """
        update "PUB".hisprixa
        set
            px_ach_rq = 'gratuit;0;0;0;0;0;0;0;0;0',
            qte_rq = '1;0;0;0;0;0;0;0;0;0',
            dat_mod = (select max(dat_mod) from "PUB".hisprixa)
        where ctid = (
            select ctid from "PUB".hisprixa where hr_mod is not null
            order by cod_pro desc, dat_px, cod_fou, hr_mod limit 1
        )
        """,
    ),
)
