"""How one gets in: TLS, where the server listens, how passwords are asked for and kept."""

from __future__ import annotations

from contextlib import closing

from psycopg2.extensions import connection as Connection

from ingest import server
from ingest.rights import ROLES
from ingest.server.state import read_state
from ingest.settings import Warehouse
from ingest.warehouse import connect
from orchestration.audit.declared import Declaration
from orchestration.audit.looking import rows, value
from orchestration.audit.model import Answer
from orchestration.audit.roles import readers

LOOPBACK = ("127.0.0.1", "::1", "localhost")
SCRAM = "scram-sha-256"
_MAY_READ = """
select
    has_table_privilege('pg_catalog.pg_authid', 'select') as passwords,
    has_table_privilege('pg_catalog.pg_hba_file_rules', 'select')
    and has_function_privilege('pg_catalog.pg_hba_file_rules()', 'execute') as rules
"""
_SETTINGS = """
select rolname::text as name, setrole::regrole::text as quoted, entry as said
from pg_db_role_setting
inner join pg_roles on setrole = pg_roles.oid
cross join unnest(setconfig) as entry
where lower(split_part(entry, '=', 1)) = 'password_encryption'
    and lower(split_part(entry, '=', 2)) <> 'scram-sha-256'
order by 1
"""
# How a password is kept, never the password nor its hash.
_KEPT = """
select
    rolname::text as name, oid::regrole::text as quoted, rolpassword is null as has_none,
    coalesce(starts_with(rolpassword, 'md5'), false) as is_md5
from pg_catalog.pg_authid
where
    rolcanlogin and rolname = any(%(ours)s)
order by 1
"""
_RULES = """
select
    line_number as line, type, auth_method as method, error is not null as is_broken,
    array_to_string(database, ',') as databases, array_to_string(user_name, ',') as users
from pg_catalog.pg_hba_file_rules order by line_number
"""
_WEAK = {
    "trust": "lets anybody in without a password",
    "password": "sends the password in clear",
    "ident": "believes what the client says",
    "md5": "takes MD5 hashes too",
}


def is_own_server(chosen: Warehouse) -> bool:
    """Whether the target is on the server that `entrepot up` starts, and not on another."""
    state = read_state()
    return (
        chosen.embedded
        and state is not None
        and state.port == chosen.port
        and chosen.host in LOOPBACK
    )


def check_tls(chosen: Warehouse, *, is_encrypted: bool) -> list[Answer]:
    """Off this machine: encrypted, and the server's certificate verified.

    `is_encrypted`: as the server says of our own connection.
    """
    # A path is that of a socket, to a server on this machine.
    if chosen.host in LOOPBACK or chosen.host.startswith("/"):
        return []
    mend = "set DWH_DB_SSLMODE=verify-full in .env (docs/managed-postgresql.md)"
    if not is_encrypted:
        return [Answer("TLS", "FAIL", f"nothing is encrypted to {chosen.host}", "TLS", mend)]
    if chosen.sslmode != "verify-full":
        said = f"sslmode {chosen.sslmode}: whoever answers as {chosen.host} is believed"
        return [Answer("TLS", "WARNING", said, "verify-full", mend)]
    return []


def ask_tls(opened: Connection, declared: Declaration) -> list[Answer]:
    """The check of TLS, with what the server says of this connection."""
    is_encrypted = value(opened, "select ssl from pg_stat_ssl where pid = pg_backend_pid()")
    return check_tls(declared.warehouse, is_encrypted=bool(is_encrypted))


def check_listening(opened: Connection, declared: Declaration) -> list[Answer]:
    """The embedded server answers this machine alone."""
    if not is_own_server(declared.warehouse):
        return []
    said = value(opened, "show listen_addresses")
    if said in LOOPBACK:
        return []
    return [
        Answer(
            "listening",
            "FAIL",
            f"the embedded server listens on {said}",
            "127.0.0.1",
            "take listen_addresses out of postgresql.auto.conf, then entrepot down; entrepot up",
        )
    ]


def check_passwords(opened: Connection, declared: Declaration) -> list[Answer]:
    """SCRAM for what is set, kept and asked for; what only a superuser may see is said to be so."""
    found = []
    method = value(opened, "show password_encryption")
    if method != SCRAM:
        found.append(
            Answer(
                "password method",
                "FAIL",
                f"new passwords are kept as {method}",
                SCRAM,
                f"alter system set password_encryption = '{SCRAM}'; select pg_reload_conf();",
            )
        )
    for row in rows(opened, _SETTINGS):
        found.append(
            Answer(
                "password method",
                "FAIL",
                f"passwords that {row['name']} sets are kept as {row['said'].partition('=')[2]}",
                SCRAM,
                f"alter role {row['quoted']} reset password_encryption;",
            )
        )
    if not is_own_server(declared.warehouse):
        return found + _of_server(opened, declared)
    # On our own server the cluster's own login sees it all.
    with closing(connect(server.admin(declared.warehouse.dbname))) as seeing:
        seeing.set_session(readonly=True, autocommit=True)
        return found + _of_server(seeing, declared)


def _of_server(opened: Connection, declared: Declaration) -> list[Answer]:
    (may,) = rows(opened, _MAY_READ)
    found = []
    if may["passwords"]:
        found += _kept(opened, declared)
    else:
        found.append(_not_visible("how passwords are kept (pg_authid)"))
    if may["rules"]:
        found += _rules(opened)
    else:
        found.append(_not_visible("who may connect how (pg_hba.conf)"))
    return found


def _not_visible(what: str) -> Answer:
    return Answer(
        "password method",
        "NOT VISIBLE",
        f"{what}: this login may not see it",
        SCRAM,
        "ask the administrator of the server",
    )


def _kept(opened: Connection, declared: Declaration) -> list[Answer]:
    ours = {*ROLES, *declared.administrators, *readers(opened, declared)}
    found = []
    for row in rows(opened, _KEPT, {"ours": sorted(ours)}):
        mend = f"\\password {row['name']} (in psql)"
        if row["is_md5"]:
            said = f"the password of {row['name']} is kept as MD5"
            found.append(Answer("password method", "FAIL", said, SCRAM, mend))
        elif row["has_none"]:
            said = f"{row['name']} may log in and has no password"
            found.append(Answer("password method", "WARNING", said, "a password", mend))
    return found


def _rules(opened: Connection) -> list[Answer]:
    found = []
    for row in rows(opened, _RULES):
        why = _WEAK.get(row["method"])
        if row["method"] == "password" and row["type"] == "hostssl":
            why = None
        if row["is_broken"]:
            why = "cannot be read by the server"
        if why:
            said = f"line {row['line']} of pg_hba.conf ({row['method']} for {row['users']}) {why}"
            found.append(
                Answer(
                    "password method",
                    "WARNING" if row["method"] == "md5" else "FAIL",
                    said,
                    SCRAM,
                    f"make line {row['line']} {SCRAM}; select pg_reload_conf();",
                )
            )
    return found
