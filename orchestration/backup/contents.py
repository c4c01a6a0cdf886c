"""What a backup holds: the tables that neither a run nor a build can make again.

- `control`: the tables of `etl`, their rows alone; `entrepot init` makes the tables. Left out: what
  belongs to a run that is going on, and what describes models that the next build makes anew.
- `history`: the snapshots in `ods`, whole. The views beside them are dbt's.
- `raw`: what no source can give again. The image of a database can be loaded again, archived files
  can land again; both are in it when asked for.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from psycopg2 import sql
from psycopg2.extensions import cursor as Cursor

from ingest.catalog import Catalog, DatabaseOrigin, Generated
from ingest.keeping import is_archived
from ingest.raw_tables import STAGING_PREFIX, destination
from ingest.settings import LOADER_ROLE, TRANSFORMER_ROLE

Part = Literal["control", "history", "raw"]
PARTS: tuple[Part, ...] = ("control", "history", "raw")
# Who owns the tables of a part, and so makes and fills them.
OWNERS: Mapping[Part, str] = {
    "control": LOADER_ROLE,
    "history": TRANSFORMER_ROLE,
    "raw": LOADER_ROLE,
}
OF_THE_MOMENT = ("load_intents", "dbt_lease", "built_states", "watermarks")


@dataclass(frozen=True, slots=True)
class Kept:
    """One table of a backup; `rows` and `checksum` (see `measured`) once they are known."""

    part: Part
    schema: str
    table: str
    columns: tuple[str, ...]
    rows: int = 0
    checksum: str = ""

    @property
    def name(self) -> str:
        return f"{self.schema}.{self.table}"

    @property
    def quoted(self) -> str:
        """The name as PostgreSQL's own programs take it."""
        return f'"{self.schema}"."{self.table}"'


def tables(
    cursor: Cursor, catalog: Catalog, variables: Mapping[str, str], *, all_raw: bool
) -> list[Kept]:
    """The tables of this warehouse that belong into its backup, in the order of their names."""
    schemas = sorted({source.schema for source in catalog.sources})
    again = set() if all_raw else can_land_again(catalog, variables)
    cursor.execute(
        """
        select
            namespaces.nspname,
            classes.relname,
            pg_get_userbyid(classes.relowner),
            array_agg(cast(attributes.attname as text) order by attributes.attnum)
        from pg_class as classes
        inner join pg_namespace as namespaces on classes.relnamespace = namespaces.oid
        inner join pg_attribute as attributes on attributes.attrelid = classes.oid
        where
            classes.relkind = 'r'
            and namespaces.nspname = any(%s)
            and attributes.attnum > 0
            and not attributes.attisdropped
        group by namespaces.nspname, classes.relname, classes.relowner
        order by namespaces.nspname, classes.relname
        """,
        (["etl", "ods", *schemas],),
    )
    found = []
    for schema, table, owner, columns in cursor:
        part: Part = {"etl": "control", "ods": "history"}.get(schema, "raw")  # type: ignore[assignment]
        is_left_out = (
            owner != OWNERS[part]
            or (part == "control" and table in OF_THE_MOMENT)
            or "__dbt_" in table
            or table.startswith(STAGING_PREFIX)
            or (schema, table) in again
        )
        if not is_left_out:
            found.append(Kept(part, schema, table, tuple(columns)))
    return found


def can_land_again(catalog: Catalog, variables: Mapping[str, str]) -> set[tuple[str, str]]:
    """The raw tables that a source or an archive can give again; a calendar of ours is kept."""
    found = set()
    for source in catalog.sources:
        for table in source.tables:
            if isinstance(table.origin, Generated):
                continue
            if isinstance(table.origin, DatabaseOrigin) or is_archived(source, variables):
                to = destination(table)
                found.add((to.schema, to.table))
    return found


# The same rows give the same sum in any order, on any server: md5 is the same everywhere, and the
# settings that change how a value is written are the session's own.
SESSION = """
    set timezone = 'UTC';
    set datestyle = 'ISO, MDY';
    set intervalstyle = 'postgres';
    set bytea_output = 'hex';
    set extra_float_digits = 1;
    set statement_timeout = 0;
    set idle_in_transaction_session_timeout = 0
"""


def measured(cursor: Cursor, kept: Kept) -> tuple[int, str]:
    """Number of rows, and the sum of their hashes over the columns that were kept."""
    columns = sql.SQL(", ").join(map(sql.Identifier, kept.columns))
    cursor.execute(
        sql.SQL(
            "select count(*), cast(coalesce(sum(cast(cast("
            "'x' || left(md5(cast(row({}) as text)), 15) as bit(60)) as bigint)), 0) as text)"
            " from {}"
        ).format(columns, sql.Identifier(kept.schema, kept.table))
    )
    rows, checksum = cursor.fetchone() or (0, "0")
    return int(rows), str(checksum)
