"""Every table from outside says how old its last good load may be, and who knows it."""

from __future__ import annotations

import re
from typing import Any

import pytest
from jinja2 import Environment

from ingest.catalog import Generated, Table, load_catalog
from ingest.catalog.documents import load
from ingest.settings import ROOT

# What a quiet table needs: the last load that went well, not the newest row.
LAST_LOAD = re.compile(
    r"select max\(logged_at\) as loaded_at from etl\.run_log where source = '(?P<source>\w+)'"
    r" and table_name = '\{\{ this\.identifier \}\}' and step = 'load'"
    r" and status in \('ok', 'warn'\)"
)
DELIVERED = [
    table
    for source in load_catalog().sources
    for table in source.tables
    if not isinstance(table.origin, Generated)
]


def entries(table: Table) -> tuple[dict[str, Any], dict[str, Any]]:
    """What the YAML says of a table's source, and of the table."""
    document = load(ROOT / table.declared_in, table.declared_in)
    source = next(s for s in document["sources"] if s["name"] == table.source)
    return source, next(t for t in source["tables"] if t["name"] == table.name)


# Those that an installation may leave out, though their source is there, are not late.
EXPECTED = [table for table in DELIVERED if table.connections != ("ERP_COMPLET_URL",)]


@pytest.mark.parametrize("table", EXPECTED, ids=lambda table: table.key)
def test_a_declared_table_has_a_freshness(table: Table) -> None:
    fresh = table.freshness
    assert fresh and fresh.warn_after and fresh.error_after, (
        f"{table.declared_in}: {table.key}: freshness: declare warn_after and error_after"
    )
    assert fresh.warn_after < fresh.error_after


@pytest.mark.parametrize("table", DELIVERED, ids=lambda table: table.key)
def test_its_freshness_is_about_the_last_good_load(table: Table) -> None:
    source, own = entries(table)
    query = (own.get("config") or {}).get("loaded_at_query") or (source.get("config") or {}).get(
        "loaded_at_query"
    )
    found = LAST_LOAD.fullmatch(" ".join((query or "").split()))
    assert found, f"{table.declared_in}: {table.key}: loaded_at_query: {query}"
    assert found["source"] == table.source
    # The run log bears the name of the table; the query asks for that of its raw table.
    assert table.identifier == table.name


@pytest.mark.parametrize(
    ("age", "hours"),
    [
        ({"count": 30, "period": "minute"}, 0.5),
        ({"count": 36, "period": "hour"}, 36),
        ({"count": 8, "period": "day"}, 192),
        ({"count": None, "period": None}, "null"),
        (None, "null"),
    ],
)
def test_the_monitor_has_an_age_in_hours(age: dict[str, Any] | None, hours: object) -> None:
    engine = Environment(extensions=["jinja2.ext.do"])
    engine.globals["return"] = lambda value: value
    text = (ROOT / "macros" / "surveillance.sql").read_text(encoding="utf-8")
    macros: Any = engine.from_string(text).module
    assert str(macros.en_heures(age)).strip() == str(hours)
