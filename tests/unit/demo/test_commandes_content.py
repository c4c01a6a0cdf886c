"""What the order system holds: the shares of the real one, every trap, and what a day changes."""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta

import pytest

from demo import commandes
from demo.commandes import people
from demo.commandes.orders import NOTES, TRIED_BOX, WAITING_NOTE
from demo.commandes.world import BOXES
from tests.support.commandes import calculated

TODAY = date(2025, 11, 24)
ORDERS, BRIDGE, _ = calculated(dict.fromkeys(commandes.TABLES, ()), TODAY)


def orders(world: commandes.World) -> dict[tuple[int, str], dict[str, object]]:
    """The orders that the workshop has to make, by the calculation that tests the warehouse too."""
    rows = {table: list(found.values()) for table, found in world.tables.items()}
    return calculated(rows, TODAY)[ORDERS]


@pytest.mark.parametrize(("scale", "number"), [(1, 36), (1, 5), (3, 36)])
def test_of_47_headers_of_roller_shutters_36_orders_are_made(scale: int, number: int) -> None:
    world = commandes.content(scale, seed=number)
    found = orders(world)
    statuses = Counter(row["status"] for row in found.values())
    assert statuses == {
        "cde Planifiee": 23 * scale,
        "lancer en prod": 7 * scale,
        "vitrage": 6 * scale,
    }
    with_box = {
        row["ID_A_Kopf"]
        for row in world.tables["P_Zubeh"].values()
        if row["ZCode"] in (*BOXES, TRIED_BOX)
    }
    assert len(with_box) == 47 * scale
    assert len(world.headers()) == 307 * scale
    assert Counter(row["nb_entetes"] for row in found.values()) == {1: 34 * scale, 2: 2 * scale}


def test_every_trap_is_there() -> None:
    world = commandes.content()
    headers = world.headers()
    assert {row["AuAlpha"] for row in headers} == {"004", "H00", "Y00", "YG0", "X04", "ZP2"}
    assert {row["AufStatus"] for row in headers} == {
        *("cde Planifiee", "lancer en prod", "vitrage"),
        *("Terminee", "En cours", "Annulee", "Suspendue"),
    }
    for table in commandes.TABLES[1:]:
        several = Counter(row["ID_A_Kopf"] for row in world.tables[table].values())
        assert max(several.values()) > 1, f"nothing fans out in {table}"
    notes = {row["Notiz"] for row in world.tables["A_Logbuch"].values()}
    assert {*NOTES, WAITING_NOTE} <= notes and NOTES[2] == "cde PlanifiÃ©e"
    made = orders(world).values()
    assert any(row["nb_coffres"] > 1 for row in made)
    assert {row["gestion_en_stock"] for row in made} == {True, False}
    # Some orders say that they wait, and are planned all the same.
    waiting = {
        row["ID_A_Kopf"]
        for row in world.tables["A_Logbuch"].values()
        if row["Notiz"] == WAITING_NOTE
    }
    assert {row["id_commande"] for row in made} & waiting
    assert waiting - {row["id_commande"] for row in made}


def test_the_same_arguments_give_the_same_rows() -> None:
    assert commandes.content(day=6).tables == commandes.content(day=6).tables
    assert commandes.content(day=6).tables != commandes.content(seed=37, day=6).tables


def test_rows_of_a_table_are_told_apart_by_what_is_landed() -> None:
    """Equal rows are one row to a reader without a key: none of ours are equal."""
    for table, rows in commandes.content(2, day=8).tables.items():
        told = Counter(tuple(map(str, row.values())) for row in rows.values())
        assert max(told.values()) == 1, table


@pytest.mark.parametrize("day", range(1, 7))
def test_a_day_brings_changes_and_takes(day: int) -> None:
    before, after = commandes.content(day=day - 1), commandes.content(day=day)
    for table in commandes.TABLES:
        was, now = before.tables[table], after.tables[table]
        assert now.keys() - was.keys(), f"nothing came to {table}"
        assert was.keys() - now.keys(), f"nothing left {table}"
    for table, column in (
        ("A_Kopf", "AufStatus"),
        ("A_Kopf", "A_VorMwSt"),
        ("A_KopfFreie", "Feld5"),
        ("P_Zubeh", "Stueck"),
    ):
        was, now = before.tables[table], after.tables[table]
        assert any(was[key][column] != now[key][column] for key in was.keys() & now.keys())
    made, still = orders(before), orders(after)
    assert still.keys() - made.keys() and made.keys() - still.keys()


def test_the_log_is_put_right_without_a_mark() -> None:
    before, after = commandes.content(day=0), commandes.content(day=6)
    was, now = before.tables["A_Logbuch"], after.tables["A_Logbuch"]
    edited = [key for key in was.keys() & now.keys() if was[key] != now[key]]
    assert edited and all(was[key]["Datum"] == now[key]["Datum"] for key in edited)
    kept = {row["ID"] for row in after.headers()}
    assert any(was[key]["ID_A_Kopf"] in kept for key in was.keys() - now.keys())


def test_the_workshop_lives_on() -> None:
    """After two months there is work in every status, and every row still has its order."""
    world = commandes.content(day=60)
    assert {row["status"] for row in orders(world).values()} == {
        *("cde Planifiee", "lancer en prod", "vitrage")
    }
    headers = {row["ID"] for row in world.headers()}
    for table in commandes.TABLES[1:]:
        assert {row["ID_A_Kopf"] for row in world.tables[table].values()} <= headers
    last = commandes.BASE_DATE.date() + timedelta(days=60)
    assert max(row["Datum"] for row in world.tables["A_Logbuch"].values()) <= last


def test_people_stand_where_they_are_declared_and_nowhere_else() -> None:
    found: dict[str, set[str]] = {}
    for table, rows in commandes.content(day=5).tables.items():
        for row in rows.values():
            for column, value in row.items():
                if isinstance(value, str) and any(name in value for name in people.EVERYBODY):
                    found.setdefault(table, set()).add(column)
    assert found == {
        "A_Kopf": {"KundenBez", "Kommission", "Bauvorhaben", "Techniker"},
        "A_Logbuch": {"Benutzer"},
        "A_KopfFreie": {"FeldInhalt"},
        "A_Vorgang": {"Benutzer", "NotizText"},
    }
