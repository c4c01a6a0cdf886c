"""What the project declares of the ERP: each known table, with its key, place and order."""

from __future__ import annotations

import pytest

from ingest.catalog import DatabaseOrigin, Table, load_catalog
from ingest.catalog.model import Priority
from ingest.plan import make_plan

MODELLED = {
    "client": ("cod_cli",),
    "fournis": ("cod_fou",),
    "produit": ("cod_pro",),
    "hisprixa": ("cod_fou", "cod_pro", "dat_px", "hr_mod"),
    "lignecli": ("uniq_id",),
    "tabgco": ("type_tab", "n_tab"),
}
OTHERS = {
    **dict.fromkeys(
        ("entetcli", "lignefou", "entetfou", "histolig", "histoent", "clcondi"), ("uniq_id",)
    ),
    "stock": ("cod_pro", "depot"),
    "deppro": ("cod_fou", "cod_pro", "depot"),
    "prprixv": ("cod_pro", "no_tarif"),
    "crn": ("cod_crn",),
    "crnar": ("cod_crn", "cod_pc"),
    # The key that the source declares.
    **dict.fromkeys(("prnomenc", "prmultfo", "soumission", "lldespro", "typelem"), ()),
    "focondi": ("_row_hash",),  # it has none: its rows are told by their content
}


@pytest.fixture(scope="module")
def tables() -> dict[str, Table]:
    return {table.name: table for table in load_catalog().tables if table.source == "erp"}


def test_each_known_table_has_its_key(tables: dict[str, Table]) -> None:
    keys = {
        name: table.origin.primary_key
        for name, table in tables.items()
        if isinstance(table.origin, DatabaseOrigin)
    }
    assert {name: keys.get(name) for name in MODELLED | OTHERS} == MODELLED | OTHERS
    assert all(table.origin.relation == f"PUB.{name}" for name, table in tables.items())


def test_no_table_keeps_what_is_personal(tables: dict[str, Table]) -> None:
    for table in tables.values():
        assert table.pii == {
            "e_mail": "drop",
            "notel": "drop",
            "usr_crt": "pseudonymise",
            "usr_mod": "pseudonymise",
        }


def test_what_models_read_comes_first_and_by_its_day(tables: dict[str, Table]) -> None:
    critical = {name for name, table in tables.items() if table.priority is Priority.critical}
    assert critical == {"client", "produit", "lignecli"}
    by_day = {
        name
        for name, table in tables.items()
        if table.origin.cursor == "dat_mod" and table.origin.cursor_precision == "date"
    }
    assert by_day == set(MODELLED | OTHERS) - {"tabgco", "crn", "typelem", "focondi"}


def test_the_other_tables_have_a_place_of_their_own() -> None:
    catalog = load_catalog()
    one = {"ERP_URL": "postgresql://lecteur@erp/base", "ENTREPOT_PII_KEY": "k"}
    plan = make_plan(catalog, ["erp"], one)
    assert [set(stop.here) for stop in plan.stops] == [set(MODELLED)]
    assert plan.skipped == [
        f"erp ({len(OTHERS)} tables): skipped, ERP_COMPLET_URL is empty (set it in .env)"
    ]
    both = make_plan(catalog, ["erp"], {**one, "ERP_COMPLET_URL": one["ERP_URL"]})
    assert [(stop.connection, len(stop.here)) for stop in both.stops] == [
        ("ERP_URL", len(MODELLED | OTHERS))
    ], "one session, with the password of ERP_URL"
    assert not both.skipped
