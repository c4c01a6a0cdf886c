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
from orchestration.audit.model import Answer
from orchestration.audit.roles import administrators, readers

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
    union all
    select 'foreign server', null, srvname::text, quote_ident(srvname), srvowner, srvacl, null
    from pg_foreign_server
    union all
    select 'foreign data wrapper', null, fdwname::text, quote_ident(fdwname), fdwowner, fdwacl, null
    from pg_foreign_data_wrapper
    union all
    select 'parameter', null, parname, parname, 0::oid, paracl, null from pg_parameter_acl
    union all
    select 'large object', null, oid::text, oid::text, lomowner, lomacl, null
    from pg_largeobject_metadata
)

select
    kind, schema, name, quoted, part, acl_of.privilege_type::text as right,
    acl_of.is_grantable as gives_on,
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
# What takes rows of ours out to whoever subscribes, past grants and row policies.
_PUBLISHED = """
select quote_ident(pubname) as quoted, count(*) as tables
from pg_publication_tables where schemaname = any(%(schemas)s) group by pubname order by pubname
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
    """A database, schema or relation, (with `part`) a column of one, or another thing of rights."""

    kind: str
    schema: str | None
    name: str | None
    quoted: str
    part: str | None

    @property
    def named(self) -> str:
        """As `grant` and `revoke` name it."""
        return self.quoted if self.kind == "table" else f"{self.kind} {self.quoted}"

    @property
    def column(self) -> str:
        """The column in brackets, as it stands behind a right."""
        return f" ({_name(self.part)})" if self.part else ""


def check_grants(opened: Connection, declared: Declaration) -> list[Answer]:
    """Who was given more, or less, than is declared; what PUBLIC has goes by its own name."""
    held: dict[_Object, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    passed_on: dict[tuple[_Object, str], set[str]] = defaultdict(set)
    quoted: dict[str, str] = {}
    for row in rows(opened, _GRANTED):
        at = _Object(row["kind"], row["schema"], row["name"], row["quoted"], row["part"])
        held[at][row["grantee"]].add(row["right"])
        if row["gives_on"]:
            passed_on[at, row["grantee"]].add(row["right"])
        quoted[row["grantee"]] = row["quoted_grantee"]
    concerned = frozenset({PUBLIC, *ROLES}) | readers(opened, declared, ROLES)
    known = administrators(opened, declared)
    found = []
    for at, grantees in held.items():
        # What others give each other beside what is ours is none of our business.
        is_ours = at.kind == "database" or at.schema in declared.schemas
        wanted = _wanted(at, declared, known)
        for grantee, rights in grantees.items():
            if not is_ours and grantee not in concerned:
                continue
            more = {right for right in rights if (grantee, right) not in wanted}
            gives = passed_on[at, grantee]
            if more:
                found.append(_too_many(at, grantee, more, quoted[grantee], cascade=bool(gives)))
            if gives - more:
                found.append(_passed_on(at, grantee, gives - more, quoted[grantee]))
    return found + _published(opened, declared) + _too_few(opened, declared, held)


def _wanted(at: _Object, declared: Declaration, known: frozenset[str]) -> Grants:
    if at.kind == "database":
        return database_grants(known)
    if at.kind == "schema" and at.schema == "public":
        # PostgreSQL's own default: what is looked up there has to be granted by itself.
        return frozenset({(PUBLIC, "USAGE")})
    schema = at.schema or ""
    if at.part is not None or schema not in declared.schemas:
        return frozenset()
    if at.kind == "schema":
        return declared.schemas[schema].grants
    return declared.grants_on(schema, str(at.name)) if at.kind == "table" else frozenset()


def database_grants(known: Iterable[str]) -> Grants:
    """Rights on the database, as the administrator's script gives them (ingest/rights.py)."""
    builders = {(role, r) for role in (LOADER_ROLE, TRANSFORMER_ROLE) for r in _BUILDERS_RIGHTS}
    readers = {(role, "CONNECT") for role in (READER_ROLE, ZONE_READER_ROLE)}
    makers = {(login, right) for login in known for right in (*_BUILDERS_RIGHTS, "CREATE")}
    return frozenset(builders | readers | makers)


_BUILDERS_RIGHTS = ("CONNECT", "TEMPORARY")


def _too_many(
    at: _Object, grantee: str, rights: Iterable[str], quoted: str, *, cascade: bool
) -> Answer:
    said = ", ".join(sorted(rights))
    return Answer(
        "PUBLIC" if grantee == PUBLIC else "grants",
        "FAIL",
        f"{grantee} has {said}{at.column} on {at.named}",
        "no such right is declared",
        _revoked(at, rights, quoted, cascade=cascade),
    )


def _passed_on(at: _Object, grantee: str, rights: Iterable[str], quoted: str) -> Answer:
    said = ", ".join(sorted(rights))
    return Answer(
        "grants",
        "FAIL",
        f"{grantee} may give {said}{at.column} on {at.named} to others",
        "the right, and not to give it",
        _revoked(at, rights, quoted, cascade=True).replace("revoke", "revoke grant option for", 1),
    )


def _revoked(at: _Object, rights: Iterable[str], quoted: str, *, cascade: bool) -> str:
    said = ", ".join(f"{right.lower()}{at.column}" for right in sorted(rights))
    return f"revoke {said} on {at.named} from {quoted}{' cascade' if cascade else ''};"


def _published(opened: Connection, declared: Declaration) -> list[Answer]:
    return [
        Answer(
            "grants",
            "FAIL",
            f"the publication {row['quoted']} sends rows of {row['tables']} tables to whoever"
            " subscribes",
            "no publication",
            f"drop publication {row['quoted']};",
        )
        for row in rows(opened, _PUBLISHED, {"schemas": list(declared.schemas)})
    ]


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
    makers = {*ROLES, *administrators(opened, declared), *readers(opened, declared, ROLES)}
    for row in rows(opened, _DEFAULT):
        schema = row["schema"]
        is_declared = (
            row["maker"] == LOADER_ROLE
            and schema in declared.schemas
            and declared.schemas[schema].owner == LOADER_ROLE
            and (row["what"], row["grantee"], row["right"])
            == ("tables", TRANSFORMER_ROLE, "SELECT")
        )
        # What others make in schemas of their own is none of our business.
        is_ours = schema in declared.schemas if schema else row["maker"] in makers
        if is_declared or not is_ours:
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
