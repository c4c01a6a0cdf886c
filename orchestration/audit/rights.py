"""Rights in the catalog of the server against the declared ones, both ways; and who owns what."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from psycopg2.extensions import connection as Connection

from ingest.rights import ROLES
from ingest.settings import LOADER_ROLE, READER_ROLE, TRANSFORMER_ROLE, ZONE_READER_ROLE
from orchestration.audit.declared import Declaration, Grants
from orchestration.audit.looking import rows
from orchestration.audit.model import Answer, Name
from orchestration.audit.roles import administrators
from orchestration.readers import ZONE_PREFIX

PUBLIC = "PUBLIC"
# Who may do what on which object, the owner's own rights left out. Right 0 is PUBLIC's.
_GRANTED = """
with objects as (
    select
        'database' as kind, null as schema, datname::text as name,
        quote_ident(datname) as quoted, datdba as owner,
        coalesce(datacl, acldefault('d', datdba)) as acl, null as part
    from pg_database where datname = current_database()
    union all
    select
        'schema', nspname::text, null, quote_ident(nspname), nspowner,
        coalesce(nspacl, acldefault('n', nspowner)), null
    from pg_namespace
    union all
    select
        case relkind when 'S' then 'sequence' else 'table' end, nspname::text, relname::text,
        quote_ident(nspname) || '.' || quote_ident(relname), relowner, relacl, null
    from pg_class inner join pg_namespace on relnamespace = pg_namespace.oid
    where relkind in ('r', 'p', 'v', 'm', 'f', 'S')
    union all
    select
        'table', nspname::text, relname::text,
        quote_ident(nspname) || '.' || quote_ident(relname), relowner, attacl, attname::text
    from pg_attribute
    inner join pg_class on attrelid = pg_class.oid
    inner join pg_namespace on relnamespace = pg_namespace.oid
    where attacl is not null and not attisdropped
)

select
    kind, schema, name, quoted, part, acl_of.privilege_type::text as right,
    case acl_of.grantee when 0 then 'PUBLIC' else pg_get_userbyid(acl_of.grantee)::text end
    as grantee,
    case acl_of.grantee when 0 then 'public' else acl_of.grantee::regrole::text end
    as quoted_grantee
from objects cross join lateral aclexplode(acl) as acl_of
where
    acl_of.grantee <> owner
    and coalesce(schema, '') not in ('pg_catalog', 'information_schema')
    and not starts_with(coalesce(schema, ''), 'pg_')
order by kind, quoted, part, grantee, acl_of.privilege_type
"""
_PRESENT = """
select
    nspname::text as schema, relname::text as name,
    quote_ident(nspname) || '.' || quote_ident(relname) as quoted,
    pg_get_userbyid(relowner)::text as owner,
    case relkind when 'v' then 'view' when 'm' then 'materialized view' when 'S' then 'sequence'
        else 'table' end as kind
from pg_class inner join pg_namespace on relnamespace = pg_namespace.oid
where relkind in ('r', 'p', 'v', 'm', 'f', 'S') and nspname = any(%(schemas)s)
order by 3
"""
_SCHEMAS = """
select
    nspname::text as name, quote_ident(nspname) as quoted,
    pg_get_userbyid(nspowner)::text as owner
from pg_namespace where nspname = any(%(schemas)s) order by 1
"""
_DEFAULT = """
select
    pg_get_userbyid(defaclrole)::text as maker, defaclrole::regrole::text as quoted_maker,
    nspname::text as schema, acl_of.privilege_type::text as right,
    case defaclobjtype when 'r' then 'tables' when 'S' then 'sequences' when 'f' then 'functions'
        when 'T' then 'types' else 'schemas' end as what,
    case acl_of.grantee when 0 then 'PUBLIC' else pg_get_userbyid(acl_of.grantee)::text end
    as grantee,
    case acl_of.grantee when 0 then 'public' else acl_of.grantee::regrole::text end
    as quoted_grantee
from pg_default_acl
left join pg_namespace on defaclnamespace = pg_namespace.oid
cross join lateral aclexplode(defaclacl) as acl_of
where acl_of.grantee <> defaclrole
order by 1, 3, 5, 6
"""


@dataclass(frozen=True, slots=True)
class _Object:
    """A database, schema or relation, or (with `part`) a column of one."""

    kind: str
    schema: str | None
    name: str | None
    quoted: str
    part: str | None


def check_grants(opened: Connection, declared: Declaration) -> list[Answer]:
    """Who was given more, or less, than is declared; what PUBLIC has goes by its own name."""
    held: dict[_Object, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    quoted: dict[str, str] = {}
    for row in rows(opened, _GRANTED):
        at = _Object(row["kind"], row["schema"], row["name"], row["quoted"], row["part"])
        held[at][row["grantee"]].add(row["right"])
        quoted[row["grantee"]] = row["quoted_grantee"]
    concerned = _concerned(opened, declared)
    found = []
    for at, grantees in held.items():
        wanted = _wanted(at, declared, administrators(opened, declared))
        for grantee, rights in grantees.items():
            more = sorted(right for right in rights if (grantee, right) not in wanted)
            # What others give each other in schemas of their own is none of our business.
            if more and (
                at.schema is None or at.schema in declared.schemas or grantee in concerned
            ):
                found.append(_too_many(at, grantee, more, quoted[grantee]))
    return found + _too_few(opened, declared, held)


def _wanted(at: _Object, declared: Declaration, known: frozenset[str]) -> Grants:
    if at.kind == "database":
        return database_grants(known)
    if at.part is not None or at.kind == "sequence":
        return frozenset()
    schema = str(at.schema)
    if at.kind == "schema":
        # PostgreSQL's own default: what is looked up there has to be granted by itself.
        default = frozenset({(PUBLIC, "USAGE")}) if schema == "public" else frozenset()
        return declared.schemas[schema].grants if schema in declared.schemas else default
    return declared.grants_on(schema, str(at.name)) if schema in declared.schemas else frozenset()


def database_grants(known: Iterable[str]) -> Grants:
    """Rights on the database, as the administrator's script gives them (ingest/rights.py)."""
    builders = {(role, r) for role in (LOADER_ROLE, TRANSFORMER_ROLE) for r in _BUILDERS_RIGHTS}
    readers = {(role, "CONNECT") for role in (READER_ROLE, ZONE_READER_ROLE)}
    makers = {(login, right) for login in known for right in (*_BUILDERS_RIGHTS, "CREATE")}
    return frozenset(builders | readers | makers)


_BUILDERS_RIGHTS = ("CONNECT", "TEMPORARY")


def _concerned(opened: Connection, declared: Declaration) -> frozenset[str]:
    """PUBLIC, our roles and all who are in them: their rights count wherever they are."""
    members = rows(
        opened,
        "select distinct member::regrole::text as quoted, pg_get_userbyid(member)::text as name"
        " from pg_auth_members where pg_get_userbyid(roleid)::text = any(%(ours)s)"
        " or starts_with(pg_get_userbyid(roleid)::text, %(prefix)s)",
        {"ours": list(ROLES), "prefix": ZONE_PREFIX},
    )
    readers = {row["name"] for row in members} - administrators(opened, declared)
    return frozenset({PUBLIC, *ROLES, *readers})


def _too_many(at: _Object, grantee: str, rights: list[str], quoted: str) -> Answer:
    column = f" ({_name(at.part)})" if at.part else ""
    on = "" if at.kind == "table" else f"{at.kind} "
    check: Name = "PUBLIC" if grantee == PUBLIC else "grants"
    said = ", ".join(rights)
    return Answer(
        check,
        "FAIL",
        f"{grantee} has {said}{column} on {on}{at.quoted}",
        "no such right is declared",
        f"revoke {', '.join(f'{right.lower()}{column}' for right in rights)} on {on}{at.quoted}"
        f" from {quoted};",
    )


def _too_few(
    opened: Connection,
    declared: Declaration,
    held: Mapping[_Object, Mapping[str, set[str]]],
) -> list[Answer]:
    """What is declared and not there: no danger, but somebody cannot do their work."""
    given = {(at.schema, at.name): who for at, who in held.items() if at.part is None}
    found = []
    for row in _present(opened, declared):
        if row["kind"] == "sequence":
            continue
        where = (row["schema"], row["name"])
        for grantee, right in sorted(declared.grants_on(*where)):
            if grantee != row["owner"] and right not in given.get(where, {}).get(grantee, ()):
                built = declared.relations.get(where)
                mend = (
                    f"entrepot build --select {built.name}"
                    if built
                    else f"grant {right.lower()} on {row['quoted']} to {_name(grantee)};"
                )
                found.append(
                    Answer(
                        "grants",
                        "WARNING",
                        f"{grantee} has no {right} on {row['quoted']}",
                        "it is declared",
                        mend,
                    )
                )
    return found


def _present(opened: Connection, declared: Declaration) -> list[dict[str, Any]]:
    return rows(opened, _PRESENT, {"schemas": list(declared.schemas)})


def check_owners(opened: Connection, declared: Declaration) -> list[Answer]:
    """What is the loader's and what the transformer's: an owner may do anything with a table."""
    found = []
    for row in rows(opened, _SCHEMAS, {"schemas": list(declared.schemas)}):
        owner = declared.schemas[row["name"]].owner
        if row["owner"] != owner:
            found.append(_of_another(f"schema {row['quoted']}", row["owner"], owner))
    for row in _present(opened, declared):
        owner = declared.owner_of(row["schema"], row["name"])
        if row["owner"] != owner:
            found.append(_of_another(f"{row['kind']} {row['quoted']}", row["owner"], owner))
    return found


def _of_another(what: str, owner: str, expected: str) -> Answer:
    return Answer(
        "owners",
        "FAIL",
        f"{what} belongs to {owner}",
        expected,
        f"alter {what} owner to {_name(expected)};",
    )


def check_default_rights(opened: Connection, declared: Declaration) -> list[Answer]:
    """What tables that are yet to be made will be granted: nothing but the loader's to dbt."""
    found = []
    for row in rows(opened, _DEFAULT):
        schema = row["schema"]
        is_declared = (
            row["maker"] == LOADER_ROLE
            and schema in declared.schemas
            and declared.schemas[schema].owner == LOADER_ROLE
            and (row["what"], row["grantee"], row["right"])
            == ("tables", TRANSFORMER_ROLE, "SELECT")
        )
        if is_declared or (schema is not None and schema not in declared.schemas):
            continue
        inside = f" in schema {_name(schema)}" if schema else ""
        found.append(
            Answer(
                "default rights",
                "FAIL",
                f"{row['grantee']} will have {row['right']} on the {row['what']} that"
                f" {row['maker']} makes{inside}",
                "no such right is declared",
                f"alter default privileges for role {row['quoted_maker']}{inside} revoke"
                f" {row['right'].lower()} on {row['what']} from {row['quoted_grantee']};",
            )
        )
    return found


def _name(text: str) -> str:
    return text if text.replace("_", "a").isalnum() and text.islower() else f'"{text}"'
