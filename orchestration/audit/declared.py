"""What the warehouse should look like: put together from the pages that say so, never from itself.

ingest/rights.py, ingest/warehouse.py   roles, rights on the database and its schemas
ingest/ddl/*.sql                        rights on the control tables
dbt (`grants:`, `meta: {row_policy}`)   rights on what dbt builds, and whose rows a reader sees
the sources' YAML (`pii`)               columns that are dropped or pseudonymised
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import yaml

from ingest.catalog import Table, load_catalog
from ingest.parts import Destination
from ingest.privacy.histories import histories
from ingest.settings import LOADER_ROLE, ROOT, TRANSFORMER_ROLE, SettingsError, Warehouse
from ingest.warehouse import DDL_DIR, MODEL_SCHEMAS, READERS
from orchestration.dbt_nodes import list_nodes

# (who, which right): `SELECT`, `USAGE`, ... as PostgreSQL names them.
Grants = frozenset[tuple[str, str]]
ACCEPTED = "valeurs_personnelles_admises"
_COMMENT = re.compile(r"--[^\n]*")
_GRANT = re.compile(
    r"\b(grant|revoke)\s+([a-z, ]+?)\s+on\s+([\w.,\s]+?)\s+(?:to|from)\s+([\w,\s]+?);",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Relation:
    """A table or view that dbt builds. `policy_column`: of its row policy, if it has one."""

    name: str
    materialized: str
    grants: Grants
    policy_column: str | None = None


@dataclass(frozen=True, slots=True)
class Schema:
    """A schema of ours: who owns it, and who else may do what in it."""

    owner: str
    grants: Grants


@dataclass(frozen=True)
class Declaration:
    """All that is declared for one target.

    administrators: logins that may give rights here, the profile's own among them. accepted:
    columns (`schema.table.column`) in which values may look personal, each with the reason.
    archives: folders that keep what was delivered, relative to the project's root.
    """

    warehouse: Warehouse
    administrators: frozenset[str]
    schemas: Mapping[str, Schema]
    relations: Mapping[tuple[str, str], Relation]
    control: Mapping[str, Grants]
    tables: tuple[Table, ...] = ()
    histories: Mapping[tuple[str, str], Destination] = field(default_factory=dict)
    accepted: Mapping[str, str] = field(default_factory=dict)
    archives: tuple[str, ...] = ()

    def owner_of(self, schema: str, name: str) -> str:
        """Whose a relation of one of our schemas is."""
        if (schema, name) in self.relations:
            return TRANSFORMER_ROLE
        return self.schemas[schema].owner

    def grants_on(self, schema: str, name: str) -> Grants:
        """Who else may do what with a relation of one of our schemas; nobody with one of nobody."""
        if (schema, name) in self.relations:
            return self.relations[schema, name].grants
        if self.schemas[schema].owner != LOADER_ROLE:
            return frozenset()
        # By default right, whoever made the table.
        own = self.control.get(name, frozenset()) if schema == "etl" else frozenset()
        return own | {(TRANSFORMER_ROLE, "SELECT")}

    @property
    def protected(self) -> dict[tuple[str, str], Relation]:
        """The tables that are read through row policies."""
        return {key: one for key, one in self.relations.items() if one.policy_column}


def declaration(chosen: Warehouse, administrator: Warehouse) -> Declaration:
    """Read what is declared for a target.

    Raises:
        CatalogError, SettingsError: a page cannot be read.
    """
    catalog = load_catalog()
    return Declaration(
        warehouse=chosen,
        administrators=frozenset({administrator.user, chosen.user}),
        schemas=_schemas({source.schema for source in catalog.sources}),
        relations=_relations(chosen),
        control=control_grants(),
        tables=tuple(table for source in catalog.sources for table in source.tables),
        histories=histories(),
        accepted=accepted_columns(),
        archives=tuple(source.archive for source in catalog.sources if source.archive),
    )


def _schemas(raw: set[str]) -> dict[str, Schema]:
    reads = frozenset({(TRANSFORMER_ROLE, "USAGE")})
    made = {schema: Schema(LOADER_ROLE, reads) for schema in sorted(raw)}
    # The monitoring views live beside the control tables.
    made["etl"] = Schema(LOADER_ROLE, reads | {(TRANSFORMER_ROLE, "CREATE")})
    for schema in MODEL_SCHEMAS:
        readers = frozenset((role, "USAGE") for role in READERS.get(schema, ()))
        made[schema] = Schema(TRANSFORMER_ROLE, readers)
    return made


def _relations(chosen: Warehouse) -> dict[tuple[str, str], Relation]:
    nodes = list_nodes(
        chosen,
        ("name", "schema", "alias", "config"),
        types=("model", "seed", "snapshot"),
    )
    made = {}
    for node in nodes:
        config = node["config"]
        if config.get("materialized") == "ephemeral":
            continue
        policy = (config.get("meta") or {}).get("row_policy") or {}
        granted = frozenset(
            (grantee, right.upper())
            for right, grantees in (config.get("grants") or {}).items()
            for grantee in ([grantees] if isinstance(grantees, str) else grantees)
        )
        made[node["schema"], node["alias"]] = Relation(
            node["name"], str(config.get("materialized")), granted, policy.get("column")
        )
    return made


def accepted_columns(page: Path = ROOT / "dbt_project.yml") -> dict[str, str]:
    """`vars: valeurs_personnelles_admises` of the project: `schema.table.column` -> why it may.

    Raises:
        SettingsError: it is no such mapping.
    """
    said = (yaml.safe_load(page.read_text(encoding="utf-8")).get("vars") or {}).get(ACCEPTED) or {}
    if not isinstance(said, dict) or not all(
        str(column).count(".") == 2 and isinstance(why, str) and why.strip()
        for column, why in said.items()
    ):
        raise SettingsError(
            f"{page.name}: vars: {ACCEPTED}: write `schema.table.column: why it may be there`"
        )
    return {str(column): why for column, why in said.items()}


def control_grants(folder: Path = DDL_DIR) -> dict[str, Grants]:
    """Table of `etl` -> what the pages of control tables grant on it, in the order of the pages."""
    granted: dict[str, set[tuple[str, str]]] = defaultdict(set)
    for path in sorted(folder.glob("*.sql")):
        for what, rights, tables, roles in _GRANT.findall(
            _COMMENT.sub("", path.read_text(encoding="utf-8"))
        ):
            named = {
                (role, right) for role in _words(roles) for right in map(str.upper, _words(rights))
            }
            for table in _words(tables):
                own = granted[table.removeprefix("etl.")]
                own.update(named) if what.lower() == "grant" else own.difference_update(named)
    return {table: frozenset(own) for table, own in granted.items()}


def _words(text: str) -> list[str]:
    return [word.strip() for word in text.split(",") if word.strip()]
