"""`entrepot reader`: the logins that read the marts, and the zones whose rows each may see.

A reader of zones is a member of the role `entrepot_zone:<code>` of each. The row policies of the
marts (macros/politiques.sql) look at these memberships and at nothing else.
"""

from __future__ import annotations

import getpass
import re
import secrets
import sys

from psycopg2 import errors, sql
from psycopg2.extensions import connection as Connection
from psycopg2.extensions import cursor as Cursor
from psycopg2.extensions import encrypt_password
from tabulate import tabulate

from ingest.rights import READER_SESSION, set_session
from ingest.settings import READER_ROLE, ZONE_READER_ROLE, SettingsError, Warehouse
from ingest.warehouse import connect, transaction

ZONE_PREFIX = "entrepot_zone:"
# PostgreSQL cuts a longer name off, and two codes could then share a role.
LONGEST_NAME = 63
SHORTEST_PASSWORD = 12
CONNECTIONS = 10
# The comment on a role of ours: no other is ever dropped.
OURS = "Made by `entrepot reader add`."
ZONES = "dwh_dimensions.dim_zones_industrielles"

READERS = """
select
    reader.rolname,
    pg_has_role(reader.oid, %(all)s, 'usage') as reads_all,
    array(
        select substr(zone.rolname::text, length(%(prefix)s) + 1)
        from pg_roles as zone
        where starts_with(zone.rolname::text, %(prefix)s)
        and pg_has_role(reader.oid, zone.oid, 'member')
        order by 1
    ) as zones,
    coalesce(shobj_description(reader.oid, 'pg_authid') = %(ours)s, false) as is_ours
from pg_roles as reader
where
    reader.rolcanlogin and not reader.rolsuper
    and (
        pg_has_role(reader.oid, %(all)s, 'usage')
        or pg_has_role(reader.oid, %(zone)s, 'usage')
    )
order by 1
"""

END_SESSIONS = "select pg_terminate_backend(pid) from pg_stat_activity where usename = %s"


def add(chosen: Warehouse, administrator: Warehouse, name: str, zones: list[str]) -> None:
    """Make a login that reads all rows of the marts or, with zones, the rows of these.

    Raises:
        SettingsError: if the name, a zone or the password will not do.
    """
    if not re.fullmatch(r"[\w.@-]+", name) or len(name.encode()) > LONGEST_NAME:
        raise SettingsError(
            f"'{name}' cannot name a reader: letters, digits and _ . @ - only, "
            f"at most {LONGEST_NAME} bytes."
        )
    zones = sorted(set(zones))
    _require_zones(chosen, zones)
    opened = connect(administrator)
    try:
        with transaction(opened) as cursor:
            cursor.execute("select 1 from pg_roles where rolname = %s", (name,))
            if cursor.fetchone():
                raise SettingsError(f"there is a role '{name}' already; choose another name.")
        # Asked for outside a transaction: a person may take a while.
        password, is_made = _password(name)
        with transaction(opened) as cursor:
            _make(cursor, name, encrypt_password(password, name, opened, "scram-sha-256"), zones)
    except errors.ReservedName as error:
        raise SettingsError(f"PostgreSQL keeps the name '{name}' for itself.") from error
    except errors.InsufficientPrivilege as error:
        raise SettingsError(
            f"{administrator.user} may not make readers ({error.diag.message_primary}); "
            "name a login that may in DWH_ADMIN_USER and DWH_ADMIN_PASSWORD."
        ) from error
    finally:
        opened.close()
    print(f"Added {name}, who reads {_reads(not zones, zones)} of the marts.")
    print(f"Connect to {chosen.dbname} on {chosen.host}:{chosen.port}.")
    if is_made:
        print(f"Password, shown only now: {password}")


def show(administrator: Warehouse) -> None:
    """Print who reads the marts, those included that another hand made."""
    opened = connect(administrator)
    try:
        found = _readers(opened)
    finally:
        opened.close()
    lines = [
        (name, _reads(reads_all, zones), "entrepot reader" if is_ours else "other hands")
        for name, (reads_all, zones, is_ours) in found.items()
    ]
    print(tabulate(lines, headers=("reader", "reads", "made by")) if lines else "No readers yet.")


def remove(administrator: Warehouse, name: str) -> None:
    """Drop a login that `add` made, with its memberships, and end its sessions.

    Raises:
        SettingsError: if it is not one of ours, or has come to own or hold something else.
    """
    opened = connect(administrator)
    try:
        known = _readers(opened)
        if name not in known or not known[name][2]:
            ours = ", ".join(reader for reader, (_, _, is_ours) in known.items() if is_ours)
            raise SettingsError(
                f"'{name}' is not a reader that `entrepot reader add` made; "
                f"these are: {ours or 'none'}."
            )
        with transaction(opened) as cursor:
            # Who made a role may administer it, and must be a member to end its sessions.
            cursor.execute(sql.SQL("grant {} to current_user").format(sql.Identifier(name)))
            cursor.execute(END_SESSIONS, (name,))
            cursor.execute(sql.SQL("drop role {}").format(sql.Identifier(name)))
    except errors.DependentObjectsStillExist as error:
        raise SettingsError(
            f"'{name}' holds what this command did not give ({error.diag.message_detail or ''}); "
            "revoke it first."
        ) from error
    except errors.InsufficientPrivilege as error:
        raise SettingsError(
            f"{administrator.user} may not remove '{name}' ({error.diag.message_primary}); "
            "name the login that made it in DWH_ADMIN_USER and DWH_ADMIN_PASSWORD."
        ) from error
    finally:
        opened.close()
    print(f"Removed {name}.")


def _require_zones(chosen: Warehouse, zones: list[str]) -> None:
    if not zones:
        return
    # With the login of the profile: an administrator need not read the warehouse.
    opened = connect(chosen)
    try:
        with transaction(opened) as cursor:
            cursor.execute("select to_regclass(%s)", (ZONES,))
            if cursor.fetchone() == (None,):
                raise SettingsError(
                    "this warehouse has no zones yet; land and build the source sigeti."
                )
            cursor.execute(f"select code_zone_industrielle from {ZONES} order by 1")
            known = [code for (code,) in cursor]
    finally:
        opened.close()
    unknown = [zone for zone in zones if zone not in known]
    if unknown:
        raise SettingsError(
            f"there is no zone {', '.join(unknown)}; the zones are: {', '.join(known) or 'none'}."
        )
    long = [zone for zone in zones if len((ZONE_PREFIX + zone).encode()) > LONGEST_NAME]
    if long:
        raise SettingsError(f"the code {long[0]} is too long to name a role of PostgreSQL.")


def _password(name: str) -> tuple[str, bool]:
    """What a person types on a terminal, or one that is made; and whether it is made."""
    if sys.stdin.isatty():
        typed = getpass.getpass(f"Password for {name} (empty: one is made): ")
        if typed:
            if len(typed) < SHORTEST_PASSWORD:
                raise SettingsError(f"a password has at least {SHORTEST_PASSWORD} characters.")
            if getpass.getpass("Once more: ") != typed:
                raise SettingsError("the two passwords differ; nothing was made.")
            return typed, False
    return secrets.token_urlsafe(24), True


def _make(cursor: Cursor, name: str, verifier: str, zones: list[str]) -> None:
    """Create the login; the server sees the verifier of its password alone, its log included."""
    login = sql.Identifier(name)
    cursor.execute(
        sql.SQL("create role {} login connection limit {} password {}").format(
            login, sql.Literal(CONNECTIONS), sql.Literal(verifier)
        )
    )
    set_session(cursor, name, READER_SESSION)
    cursor.execute(sql.SQL("comment on role {} is {}").format(login, sql.Literal(OURS)))
    groups = [ZONE_PREFIX + zone for zone in zones]
    for group in groups:
        cursor.execute("select 1 from pg_roles where rolname = %s", (group,))
        if cursor.fetchone() is None:
            cursor.execute(sql.SQL("create role {} nologin").format(sql.Identifier(group)))
    for group in [ZONE_READER_ROLE, *groups] if zones else [READER_ROLE]:
        cursor.execute(sql.SQL("grant {} to {}").format(sql.Identifier(group), login))


def _readers(opened: Connection) -> dict[str, tuple[bool, list[str], bool]]:
    """Name -> whether it reads every row, else of which zones, and whether `add` made it."""
    with transaction(opened) as cursor:
        cursor.execute(
            READERS,
            {"all": READER_ROLE, "zone": ZONE_READER_ROLE, "prefix": ZONE_PREFIX, "ours": OURS},
        )
        return {name: (reads_all, zones, is_ours) for name, reads_all, zones, is_ours in cursor}


def _reads(reads_all: bool, zones: list[str]) -> str:
    return "every row" if reads_all else f"the rows of {', '.join(zones) or 'no zone'}"
