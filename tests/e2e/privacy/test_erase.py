"""Who was erased is gone from raw, history and rejects, and does not land again."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from ingest.databases.model import SourceUnreachable
from ingest.files.protect import keyed_hash
from ingest.lock import dataset_lock
from ingest.parts import Destination
from ingest.privacy.erase import erase
from ingest.privacy.persons import hashes_of
from ingest.privacy.subjects import Person, places
from ingest.privacy.traces import Search, in_control, in_places, telling_texts
from ingest.runlog import new_run_id
from tests.conftest import HOME
from tests.support.depot import KEY, SCHEMA, Depot, Source, table
from tests.support.house import House

pytestmark = pytest.mark.e2e

HISTORY = Destination("ods", "snap_sigeti__lots")
CLIENTS = table(
    "clients",
    subject={
        "client": {"columns": "id", "personal": ["nom", "adresse"], "erase": "delete"},
        "agent": ["saisi_par", "revu_par"],
    },
    pii={"saisi_par": "pseudonymise", "revu_par": "pseudonymise"},
    extents={"adresse": 2},
)
LOTS = table(
    "lots", subject={"client": {"columns": "client_id", "personal": ["remarque"]}}, cursor="vu"
)
NOTES = table(
    "notes",
    primary_key=["_row_hash"],
    subject={"agent": "agent"},
    pii={"agent": "pseudonymise"},
)
ALL = (CLIENTS, LOTS, NOTES)
TRACE = "{}, _row_hash, _run_id, _loaded_at, xmin::text"


@pytest.fixture(scope="module")
def shared_depot() -> Iterator[Depot]:
    made = Depot(House.build("erase_depot", HOME), Source.make("erase_source"))
    yield made
    made.demolish()


@pytest.fixture
def depot(shared_depot: Depot) -> Depot:
    """Nine clients with two lots each, and notes of two agents."""
    shared_depot.clear()
    shared_depot.house.call_sql(
        "truncate etl.erased_subjects, etl.alerts", "drop table if exists ods.snap_sigeti__lots"
    )
    shared_depot.source.execute(
        "create table clients (id int primary key, nom text, adresse text, ville text,"
        " saisi_par text, revu_par text)",
        "insert into clients select i, 'Famille numéro ' || i, i || ' rue 100%_;Zone ' || i,"
        " 'Abidjan', case when i % 2 = 0 then 'ana' else 'bob' end, 'ana'"
        " from generate_series(1, 9) as i",
        "create table lots (id int primary key, client_id numeric(9,2), prix numeric(9,2),"
        " remarque text, vu date)",
        "insert into lots select i, (i + 1) / 2, i * 10, 'remarque de ' || (i + 1) / 2,"
        " date '2025-01-01' + i from generate_series(1, 18) as i",
        "create table notes (agent text, note text)",
        "insert into notes values ('ana', 'vu'), ('bob', 'vu'), ('ana', 'rappelé')",
    )
    shared_depot.land(*ALL)
    shared_depot.house.call_sql(
        f"create table ods.snap_sigeti__lots as select *, now() as dbt_valid_from,"
        f" null::timestamptz as dbt_valid_to from {SCHEMA}.lots",
        "insert into ods.snap_sigeti__lots (id, client_id, prix, remarque, _row_hash, dbt_valid_to)"
        " select id, client_id, prix, 'avant', _row_hash, now() from ods.snap_sigeti__lots"
        " where id < 6",
        "alter table ods.snap_sigeti__lots owner to entrepot_transformer",
    )
    return shared_depot


def somebody(kind: str, key: str) -> Person:
    return Person("sigeti", kind, key, hashes_of(key, KEY))


@contextmanager
def looking(depot: Depot, run_id: str) -> Iterator[Any]:
    """A transaction under the dataset's lock, with the rights of the login."""
    with (
        dataset_lock(depot.house.warehouse, [SCHEMA], run_id=run_id, on_loss=_never) as lock,
        lock.transaction() as cursor,
    ):
        cursor.execute("set local role none")
        yield cursor


def erased(depot: Depot, person: Person) -> tuple[dict[str, int], dict[str, int]]:
    """Erase; how many rows of each place held the person before, and hold them now."""
    run_id = new_run_id()
    with looking(depot, run_id) as cursor:
        found = places(cursor, ALL, {("sigeti", "lots"): HISTORY}, person.kind)
        search = Search(person, telling_texts(cursor, person, found))
        counts = [in_places(cursor, search, found) | in_control(cursor, search, found)]
        erase(cursor, person, found, secret=KEY, run_id=run_id)
        counts.append(in_places(cursor, search, found) | in_control(cursor, search, found))
    before, after = ({to.table: n for to, n in own.items()} for own in counts)
    return before, after


def _never() -> None:
    raise AssertionError("the lock was lost")


def test_a_person_is_gone_and_the_amounts_of_their_orders_stay(depot: Depot) -> None:
    amounts = depot.raw("id, prix", "lots")
    before, after = erased(depot, somebody("client", "3"))
    held = {name: n for name, n in before.items() if n}
    assert held == {"clients": 1, "lots": 2, "snap_sigeti__lots": 3}
    assert sum(after.values()) == 0
    assert [row[0] for row in depot.raw("id", "clients")] == [1, 2, 4, 5, 6, 7, 8, 9]
    assert depot.raw("id, prix", "lots") == amounts
    assert depot.raw("id, client_id, remarque", "lots where client_id is null") == [
        (5, None, None),
        (6, None, None),
    ]
    image_rows = "select table_name, image_rows from etl.source_tables order by 1"
    assert depot.house.rows(image_rows) == [("clients", 8), ("lots", 18), ("notes", 3)]


def test_erased_stays_erased_and_no_row_looks_changed(depot: Depot) -> None:
    erased(depot, somebody("client", "3"))
    erased(depot, somebody("agent", "ana"))
    traces = {t.name: depot.raw(TRACE.format("*"), t.name, order="_row_hash") for t in ALL}
    for full in (True, False, True):
        outcomes = depot.land(*ALL, force_full=full)
        for name, outcome in outcomes.items():
            assert (outcome.failure, outcome.counts.changed) == (None, 0), name
    assert traces == {t.name: depot.raw(TRACE.format("*"), t.name, order="_row_hash") for t in ALL}
    assert outcomes["clients"].notes == [
        "sigeti.clients: 1 rows of erased persons were left out",
        "sigeti.clients: 8 rows landed without what they say of an erased person",
    ]
    # The history begins no version either: its current rows have the hashes of the image.
    differing = depot.house.value(
        f"select count(*) from {SCHEMA}.lots inner join ods.snap_sigeti__lots as now"
        " on lots.id = now.id and now.dbt_valid_to is null where lots._row_hash <> now._row_hash"
    )
    assert differing == 0
    # What the source adds of the person later is nobody's.
    depot.source.execute("insert into lots values (30, 3, 5, 'encore', '2025-06-01')")
    depot.land(LOTS)
    assert depot.raw("id, client_id, remarque", "lots where id = 30") == [(30, None, None)]


def test_a_pseudonym_is_emptied_where_it_is_theirs_alone(depot: Depot) -> None:
    before, after = erased(depot, somebody("agent", "bob"))
    assert (before["clients"], before["notes"], sum(after.values())) == (5, 1, 0)
    ana = keyed_hash(KEY, "ana")
    assert set(depot.raw("saisi_par, revu_par", "clients")) == {(None, ana), (ana, ana)}
    assert {row[0] for row in depot.raw("nom", "clients")} == {f"Famille numéro {i}"
                                                               for i in range(1, 10)}  # fmt: skip


def test_rows_told_by_content_that_become_equal_are_one(depot: Depot) -> None:
    erased(depot, somebody("agent", "ana"))
    erased(depot, somebody("agent", "bob"))
    rows = depot.raw("agent, note", "notes", order="note")
    assert rows == [(None, "rappelé"), (None, "vu")]
    assert depot.land(NOTES)["notes"].counts.changed == 0


def test_rejects_of_a_person_go_and_new_ones_have_no_text(depot: Depot) -> None:
    reject = (
        "insert into etl.rejects (reject_id, run_id, source, table_name, reason, raw_text,"
        " rejected_at) values ('{0}', 'r', 'sigeti', 'lots', 'duplicate key',"
        ' \'{{"id": 1, "client_id": {0}}}\', now())'
    )
    depot.house.call_sql(reject.format(3), reject.format(33))
    before, after = erased(depot, somebody("client", "3"))
    assert (before["rejects"], after["rejects"]) == (1, 0)
    assert depot.house.rows("select reject_id from etl.rejects") == [("33",)]
    depot.source.execute(
        "alter table lots drop constraint lots_pkey", "insert into lots select * from lots"
    )
    depot.land(LOTS, force_full=True)
    assert depot.house.rows("select distinct raw_text from etl.rejects where run_id <> 'r'") == [
        (None,)
    ]


def test_another_key_of_pseudonyms_lets_nothing_land(depot: Depot, monkeypatch: Any) -> None:
    erased(depot, somebody("client", "3"))
    monkeypatch.setattr("tests.support.depot.KEY", b"another key")
    with pytest.raises(SourceUnreachable, match="erased under another ENTREPOT_PII_KEY"):
        depot.land(*ALL, force_full=True)
    assert len(depot.raw("id", "clients")) == 8


def test_only_what_tells_a_person_from_all_others_is_searched_in_words(depot: Depot) -> None:
    person = somebody("client", "3")
    with looking(depot, new_run_id()) as cursor:
        found = places(cursor, ALL, {("sigeti", "lots"): HISTORY}, "client")
        # "avant" stands in the history of others too, and 3 in many a text.
        assert set(telling_texts(cursor, person, found)) == {
            *person.hashes,
            *("Famille numéro 3", "3 rue 100%_;Zone 3", "3 rue 100%_", "Zone 3"),
            "remarque de 3",
        }
