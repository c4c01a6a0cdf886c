"""Tables by checksum: what *equality* means in docs/rules.md, and what *no row changed* means."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tests.support.house import House

# docs/rules.md, *Equality*: these differ between two ways to the same tables, and so do keys
# hashed from them.
LEFT_OUT = re.compile(
    r"^(_run_id|_loaded_at|created_at|_dlt_.*|dbt_.*|valide_du|valide_au|cle_.*)$"
)
# How a build knows what changed since when: versions and marks of time, not what was delivered.
HELPERS = re.compile(r"^int_")
DATA_SCHEMAS = r"^(raw_.*|ods|dwh_.*)$"


@dataclass(frozen=True)
class Checksum:
    """Number of rows and the sum of their hashes: the same for the same rows in any order."""

    rows: int
    digest: int


def tables(house: House, schemas: str = DATA_SCHEMAS) -> list[tuple[str, str, list[str]]]:
    """(schema, table, columns in alphabetical order) of the tables whose schema matches.

    Tables of dlt's own (`_dlt_...`, `raw_..._staging`) are not data and are left out.
    """
    query = """
        select namespace.nspname, class.relname,
            array_agg(attribute.attname::text order by attribute.attname)
        from pg_class as class
        inner join pg_namespace as namespace on namespace.oid = class.relnamespace
        inner join pg_attribute as attribute on attribute.attrelid = class.oid
        where class.relkind in ('r', 'p', 'm') and not class.relispartition
            and attribute.attnum > 0 and not attribute.attisdropped
            and namespace.nspname ~ %s
            and namespace.nspname !~ '^raw_.*_staging$'
            and class.relname !~ '^_dlt_'
        group by 1, 2
        order by 1, 2
    """
    return [
        (schema, table, list(columns)) for schema, table, columns in house.rows(query, [schemas])
    ]


def checksum(house: House, relation: str, columns: Sequence[str]) -> Checksum:
    """The checksum of some columns of a relation."""
    listed = ", ".join(f'"{column}"' for column in columns)
    count, digest = house.rows(
        f"select count(*), coalesce(sum(hashtextextended(row({listed})::text, 0)::numeric), 0) "
        f"from {relation}"
    )[0]
    return Checksum(int(count), int(digest))


def checksums(
    house: House, *, everything: bool = False, schemas: str = DATA_SCHEMAS
) -> dict[str, Checksum]:
    """The checksum of each table of data.

    Args:
        everything: take every column and the helpers too (rule 6), not only what *equality*
            compares.
    """
    found = {}
    for schema, table, columns in tables(house, schemas):
        if HELPERS.match(table) and not everything:
            continue
        kept = [name for name in columns if everything or not LEFT_OUT.match(name)]
        relation = f'"{schema}"."{table}"'
        found[f"{schema}.{table}"] = checksum(house, relation, kept)
    return found


def differences(left: Mapping[str, Any], right: Mapping[str, Any]) -> dict[str, tuple[Any, Any]]:
    """What is in one and not, or not the same, in the other; empty when they are equal."""
    return {
        name: (left.get(name), right.get(name))
        for name in sorted({*left, *right})
        if left.get(name) != right.get(name)
    }


def ledger(house: House) -> dict[str, tuple[Any, ...]]:
    """What the ledger says of each delivered content, without the marks of time and run."""
    return {
        f"{path} {sha}": tuple(rest)
        for path, sha, *rest in house.rows(
            "select path, sha256, status, logical_name, rows_read, rows_landed, rows_rejected, "
            "first_day, last_day, _file_id from etl.file_ledger"
        )
    }


def row_versions(house: House, schemas: str) -> dict[str, Checksum]:
    """Which transaction wrote each row and where it lies: changes with any rewrite."""
    return {
        f"{schema}.{table}": checksum(house, f'"{schema}"."{table}"', ["xmin", "ctid"])
        for schema, table, _ in tables(house, schemas)
    }
