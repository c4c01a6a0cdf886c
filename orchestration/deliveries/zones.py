"""The zone that a person means: by code, name, or any label that files bear."""

from __future__ import annotations

from difflib import get_close_matches

from psycopg2.extensions import cursor as Cursor

from ingest.settings import SettingsError
from ingest.warehouse import one_value
from orchestration.macros import macro

UNKNOWN = "INCONNU"


def zone_code(cursor: Cursor, said: str) -> tuple[str, str | None]:
    """The code of a zone, and a remark on the label if it needs one.

    A label that files bear and no seed knows is of the zone INCONNU, with all others of that kind.

    Raises:
        SettingsError: nobody calls a zone so; with the names that come near.
    """
    cursor.execute(
        "select code_zone, nom_zone from dwh_dimensions.dim_zone_observation"
        " where %(said)s in (code_zone, nom_zone) or upper(%(said)s) = code_zone limit 1",
        {"said": said},
    )
    named = cursor.fetchone()
    if named:
        return str(named[0]), None
    cursor.execute(f"select {macro('libelle_normalise', '%(said)s')}", {"said": said})
    label = one_value(cursor) or ""
    cursor.execute(
        "select code from dwh_staging.stg_fluxvision__libelles_connus"
        " where nature = 'zone' and libelle = %s",
        (label,),
    )
    known = one_value(cursor)
    if known:
        return str(known), None
    cursor.execute(
        "select 1 from dwh_facts.int_fluxvision__revendications where libelle_zone = %s limit 1",
        (label,),
    )
    if one_value(cursor):
        return UNKNOWN, f"no seed knows the label {label}: its rows are those of zone {UNKNOWN}"
    raise SettingsError(f"--zone {said}: no zone is called so{_near(cursor, label, said)}.")


def _near(cursor: Cursor, label: str, said: str) -> str:
    cursor.execute(
        "select libelle from dwh_staging.stg_fluxvision__libelles_connus where nature = 'zone'"
        " union select code_zone from dwh_dimensions.dim_zone_observation order by 1"
    )
    names = [row[0] for row in cursor.fetchall()]
    near = dict.fromkeys(
        [
            *get_close_matches(label, names, n=3, cutoff=0.5),
            *get_close_matches(said.upper(), names, n=3, cutoff=0.5),
        ]
    )
    return f"; near it: {', '.join(near)}" if near else f" (there are {', '.join(names[:5])}, ...)"
