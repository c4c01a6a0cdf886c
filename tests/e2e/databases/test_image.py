"""The raw table of a database is the current image of its source table."""

from __future__ import annotations

from typing import Any

import pytest

from ingest.catalog import Table
from ingest.files.protect import keyed_hash
from tests.support.depot import KEY, Depot, Source, table

pytestmark = pytest.mark.e2e

LOTS = "create table lots (id integer, numero text, prix numeric(15,2), updated_at timestamptz)"
ROWS = (
    "insert into lots select i, 'LOT-' || i, i * 1.5,"
    " timestamptz '2025-01-01' + i * interval '1 day' from generate_series(1, 40) as i"
)
TRACE = "id, _row_hash, _run_id, _loaded_at, xmin::text"


def lots(**ingest: Any) -> Table:
    return table("lots", **{"cursor": "updated_at", "lookback": "1d", **ingest})


def filled(depot: Depot) -> Depot:
    depot.source.execute(LOTS, ROWS)
    assert depot.land(lots())["lots"].counts.inserted == 40
    return depot


def same(depot: Depot, columns: str = "id, numero, prix, updated_at") -> bool:
    own = depot.source.execute(f"select {columns} from lots order by id")
    return depot.raw(columns, "lots") == own


def test_a_delta_upserts_and_leaves_the_rest_alone(depot: Depot) -> None:
    filled(depot)
    before = {row[0]: row for row in depot.raw(TRACE, "lots")}
    depot.source.execute(
        "update lots set prix = 99, updated_at = '2025-03-01' where id = 3",
        "insert into lots values (41, 'LOT-41', 1, '2025-03-02')",
    )
    outcome = depot.land(lots())["lots"]
    assert not outcome.is_full
    assert (outcome.counts.inserted, outcome.counts.updated) == (1, 1)
    assert same(depot)
    after = {row[0]: row for row in depot.raw(TRACE, "lots")}
    assert {key for key in before if before[key] != after[key]} == {3}


def test_a_rerun_with_nothing_new_changes_no_row(depot: Depot) -> None:
    filled(depot)
    before = depot.raw(TRACE, "lots")
    for full in (False, True):
        outcome = depot.land(lots(), force_full=full)["lots"]
        assert (outcome.is_full, outcome.counts.changed) == (full, 0)
    assert depot.raw(TRACE, "lots") == before


def test_a_full_load_shows_what_was_deleted(depot: Depot) -> None:
    filled(depot)
    depot.source.execute("delete from lots where id in (5, 7)")
    assert depot.land(lots())["lots"].counts.deleted == 0
    assert depot.land(lots(), force_full=True)["lots"].counts.deleted == 2
    assert same(depot)


def test_a_table_without_a_cursor_is_read_whole(depot: Depot) -> None:
    depot.source.execute(LOTS, ROWS)
    depot.land(table("lots"))
    depot.source.execute("delete from lots where id = 1", "update lots set prix = 0 where id = 2")
    outcome = depot.land(table("lots"))["lots"]
    assert (outcome.counts.deleted, outcome.counts.updated) == (1, 1)
    assert same(depot)


@pytest.mark.parametrize("left", [0, 19])
def test_a_table_that_shrank_waits_for_a_person(depot: Depot, left: int) -> None:
    filled(depot)
    before = depot.raw(TRACE, "lots")
    depot.source.execute(f"delete from lots where id > {left}")
    outcome = depot.land(lots(), force_full=True)["lots"]
    assert outcome.failure == (
        f"sigeti.lots would shrink from 40 rows to {left};"
        " if that is right, run again with --accept-shrink"
    )
    assert depot.raw(TRACE, "lots") == before
    assert not depot.land(lots(), force_full=True, accept_shrink=True)["lots"].failure
    assert same(depot)


def test_duplicate_and_null_keys_are_rejected_and_the_rest_goes_on(depot: Depot) -> None:
    depot.source.execute(
        LOTS,
        ROWS,
        "insert into lots values (4, 'older', 1, '2024-01-01'), (4, 'newer', 2, '2026-01-01'),"
        " (null, 'no key', 3, '2025-01-01'), (null, 'no key', 3, '2025-01-01')",
    )
    outcome = depot.land(lots())["lots"]
    assert (outcome.counts.read, outcome.counts.rejected) == (44, 4)
    assert depot.raw("numero", "lots where id = 4") == [("newer",)]
    assert (
        depot.rejects() == [("lots", "duplicate key", True)] * 2 + [("lots", "null key", True)] * 2
    )
    # The same rows again, in another order: the same image, and no reject twice.
    depot.source.execute("create table other as select * from lots order by numero desc",
                         "drop table lots", "alter table other rename to lots")  # fmt: skip
    assert depot.land(lots(), force_full=True)["lots"].counts.changed == 0
    assert len(depot.rejects()) == 4


def test_rows_without_a_cursor_come_with_a_full_load_and_are_counted(depot: Depot) -> None:
    filled(depot)
    depot.source.execute("insert into lots values (50, 'undated', 1, null)")
    assert depot.land(lots())["lots"].counts.changed == 0
    assert depot.land(lots(), force_full=True)["lots"].counts.inserted == 1
    depot.land(lots())
    assert depot.house.rows(
        "select image_rows, rows_without_cursor from etl.source_tables where table_name = 'lots'"
    ) == [(41, 1)]


def test_a_late_commit_comes_inside_the_lookback_and_later_with_a_full_load(depot: Depot) -> None:
    filled(depot)  # the mark is 2025-02-10
    depot.source.execute(
        "insert into lots values (60, 'just in time', 1, '2025-02-09 00:00:00+00'),"
        " (61, 'too late', 1, '2025-02-08 23:59:59+00')"
    )
    depot.land(lots())
    assert [row[0] for row in depot.raw("id", "lots where id > 40")] == [60]
    depot.land(lots(), force_full=True)
    assert same(depot)


def test_a_cursor_of_day_precision_reads_whole_days(depot: Depot) -> None:
    depot.source.execute(LOTS, "insert into lots values (1, 'a', 1, '2025-02-10 15:00+00')")
    daily = lots(cursor_precision="date", lookback="0d")
    depot.land(daily)
    depot.source.execute("insert into lots values (2, 'b', 1, '2025-02-10 03:00+00')")
    assert depot.land(daily)["lots"].counts.inserted == 1


def test_a_row_in_the_future_does_not_move_the_mark(depot: Depot) -> None:
    filled(depot)
    depot.source.execute("insert into lots values (70, 'typo', 1, '2099-01-01')")
    outcome = depot.land(lots())["lots"]
    assert "1 rows have updated_at in the future" in outcome.notes[0]
    depot.source.execute("insert into lots values (71, 'after', 1, '2025-02-11')")
    depot.land(lots())
    assert same(depot)
    # A mark that lies in the future, whoever wrote it, is refused: everything is read again.
    depot.house.call_sql("update etl.source_tables set mark = '2090-01-01T00:00:00+00:00'")
    outcome = depot.land(lots())["lots"]
    assert outcome.is_full and "lies in the future" in outcome.notes[0]


def test_a_load_that_fails_leaves_the_mark_where_it_was(depot: Depot) -> None:
    filled(depot)
    mark = "select mark, last_load_at from etl.source_tables where table_name = 'lots'"
    before = depot.house.rows(mark)
    depot.source.execute("insert into lots values (80, 'x', 1, '2025-06-01')")
    depot.house.call_sql("alter table raw_sigeti.lots add check (id <> 80)")
    assert depot.land(lots())["lots"].failure
    assert depot.house.rows(mark) == before
    depot.house.call_sql("alter table raw_sigeti.lots drop constraint lots_id_check")
    depot.land(lots())
    assert same(depot)


def test_the_filter_always_holds_and_its_change_reads_everything(depot: Depot) -> None:
    depot.source.execute(LOTS, ROWS)
    depot.land(lots(filter="prix < 30"))
    assert len(depot.raw("id", "lots")) == 19
    depot.source.execute("update lots set prix = 50, updated_at = '2025-04-01' where id = 1")
    depot.land(lots(filter="prix < 30"))
    assert len(depot.raw("id", "lots")) == 19, "a delta cannot see what left"
    assert depot.land(lots(filter="prix < 60"))["lots"].is_full
    assert len(depot.raw("id", "lots")) == len(
        depot.source.execute("select id from lots where prix < 60")
    )


def test_a_database_that_was_made_anew_is_read_whole(depot: Depot) -> None:
    filled(depot)
    depot.source = Source.make(depot.source.name)
    depot.source.execute(LOTS, ROWS, "update lots set prix = 7 where id = 2")
    assert depot.land(lots())["lots"].is_full
    assert same(depot)


def test_personal_columns_never_arrive_in_clear(depot: Depot) -> None:
    depot.source.execute(
        "create table entreprises (id int, nom text, telephone text, user_id int, vide text)",
        "insert into entreprises values (1, 'A', '+225 01', 77), (1, 'B', '+225 02', 78)",
    )
    declared = table(
        "entreprises",
        pii={"telephone": "drop", "user_id": "pseudonymise"},
        exclude={"vide": "always empty"},
    )
    assert depot.land(declared)["entreprises"].counts.rejected == 1
    names = depot.house.rows(
        "select column_name from information_schema.columns where table_schema = 'raw_sigeti'"
        " and table_name = 'entreprises' and column_name not like '\\_%' order by 1"
    )
    assert names == [("id",), ("nom",), ("user_id",)]
    assert depot.raw("user_id", "entreprises")[0][0] in {keyed_hash(KEY, n) for n in ("77", "78")}
    assert depot.rejects() == [("entreprises", "duplicate key", False)]


def test_source_and_warehouse_may_be_one_database(depot: Depot) -> None:
    own = Source(depot.house.name)
    own.execute(LOTS, ROWS)
    # Every object that is not in one of our schemas, and where its rows lie.
    look = """
        select nspname, relname, relkind, pg_relation_filenode(classes.oid), relacl::text
        from pg_class as classes
        inner join pg_namespace as namespaces on classes.relnamespace = namespaces.oid
        where nspname !~ '^(raw_|pg_|dwh_)' and nspname not in ('etl', 'ods')
        order by 1, 2
    """
    before = own.execute(look)
    rows = own.execute("select *, xmin::text, ctid::text from lots order by id")
    depot.land(lots(), url=own.url)
    assert len(depot.raw("id", "lots")) == 40
    assert own.execute(look) == before
    assert own.execute("select *, xmin::text, ctid::text from lots order by id") == rows


def test_many_tables_are_read_at_once_and_one_bad_one_stops_none(depot: Depot) -> None:
    depot.source.execute(
        *(f"create table t{i} as select n as id, 'v' || n as v from generate_series(1, 50) as n"
          for i in range(8)),
        "create view bad as select n as id, 1 / (n - 3) as v from generate_series(1, 5) as n",
    )  # fmt: skip
    declared = [table(f"t{i}") for i in range(8)]
    outcomes = depot.land(*declared, table("bad"), table("absent"), threads=4)
    assert {name for name, outcome in outcomes.items() if outcome.failure} == {"bad", "absent"}
    assert "division by zero" in str(outcomes["bad"].failure)
    assert outcomes["absent"].failure == "sigeti.absent: absent: SIGETI_URL has no such table"
    assert all(len(depot.raw("id", f"t{i}")) == 50 for i in range(8))


def test_a_table_without_a_key_is_told_by_its_content(depot: Depot) -> None:
    depot.source.execute(
        "create table conditions (code integer, taux integer)",
        "insert into conditions values (1, 5), (1, 6), (2, null), (1, 5)",
    )
    conditions = table("conditions", primary_key=["_row_hash"])
    counts = depot.land(conditions)["conditions"].counts
    assert (counts.inserted, counts.rejected) == (3, 1)
    assert depot.rejects() == [("conditions", "duplicate key", True)]
    depot.source.execute(
        "update conditions set taux = 7 where code = 2",
        "delete from conditions where taux = 6",
    )
    counts = depot.land(conditions)["conditions"].counts
    assert (counts.inserted, counts.updated, counts.deleted) == (1, 0, 2)
    assert depot.raw("code, taux", "conditions", order="1, 2") == [(1, 5), (2, 7)]
    assert depot.land(conditions)["conditions"].counts.changed == 0
