"""Source tables of a real MariaDB, whole and by their cursor, whatever they hold."""

from __future__ import annotations

import gc
import time
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from ingest.catalog import Table
from ingest.databases import mysql
from ingest.databases.model import Extract, SourceUnreachable, TableUnreadable
from ingest.databases.opening import open_database
from ingest.databases.patience import Silent, within
from tests.support.depot import Depot, table
from tests.support.mariadb import MariaDb
from tests.support.odbc import gate_to

pytestmark = pytest.mark.e2e


COMMANDES = (
    "create table Commandes (ID int auto_increment primary key, Texte varchar(40), Montant"
    " decimal(12,2), ModifieLe datetime(6) not null)",
    "insert into Commandes (Texte, Montant, ModifieLe) select concat('Pièce n° ', seq, ' €'),"
    " seq / 4, '2025-01-01' + interval seq hour from seq_1_to_500",
)


def commandes(**ingest: Any) -> Table:
    settings = {"from": "Commandes", "primary_key": ["ID"]}
    return table("commandes", **{**settings, **ingest})


def by_moment(**ingest: Any) -> Table:
    return commandes(cursor="ModifieLe", cursor_precision="datetime", lookback="1d", **ingest)


def test_a_table_comes_whole_and_then_only_what_changed(depot: Depot, source: MariaDb) -> None:
    source.execute(*COMMANDES)
    first = depot.land(by_moment(), url=source.url())["commandes"]
    assert first.is_full and first.counts.inserted == 500
    assert depot.raw("id, texte, montant, modifie_le", "commandes")[499] == (
        *(500, "Pièce n° 500 €", Decimal("125.00")),
        datetime(2025, 1, 21, 20, 0),
    )
    source.execute(
        "update Commandes set Texte = 'payée', ModifieLe = '2025-01-22 00:00:00.5' where ID = 7",
        # Committed late: within the lookback, and beyond it.
        "insert into Commandes values (501, 'en retard', 1, '2025-01-21 09:00:00')",
        "insert into Commandes values (502, 'trop tard', 1, '2025-01-02 09:00:00')",
        "delete from Commandes where ID = 8",
    )
    delta = depot.land(by_moment(), url=source.url())["commandes"]
    assert not delta.is_full and delta.counts.read == 27
    assert (delta.counts.inserted, delta.counts.updated, delta.counts.deleted) == (1, 1, 0)
    assert depot.raw("texte", "commandes where id in (7, 8, 501, 502)") == [
        ("payée",),
        ("Pièce n° 8 €",),
        ("en retard",),
    ]
    # A full load brings what came too late, and shows what was deleted; another changes nothing.
    full = depot.land(by_moment(), url=source.url(), force_full=True)["commandes"].counts
    assert (full.inserted, full.updated, full.deleted) == (1, 0, 1)
    assert depot.land(by_moment(), url=source.url(), force_full=True)["commandes"].counts == (
        type(full)(read=501, image=501)
    )
    # The mark is that of the row that was changed last.
    again = depot.land(by_moment(), url=source.url())["commandes"]
    assert not again.is_full and again.counts.read == 22 and again.counts.changed == 0


def test_a_table_that_was_made_anew_is_read_whole(depot: Depot, source: MariaDb) -> None:
    source.execute(*COMMANDES)
    depot.land(by_moment(), url=source.url())
    time.sleep(1.1)  # the server tells seconds
    # As after a restore: rows that are older than the mark.
    source.empty()
    source.execute(*COMMANDES, "update Commandes set Texte = 'restauré' where ID = 1")
    outcome = depot.land(by_moment(), url=source.url())["commandes"]
    assert outcome.is_full and outcome.counts.updated == 1
    assert not depot.land(by_moment(), url=source.url())["commandes"].is_full


def test_a_moment_with_a_zone_and_a_day_are_cursors_too(depot: Depot, source: MariaDb) -> None:
    source.execute(
        "set time_zone = '+01:00'",
        "create table t (id int primary key, vu timestamp(3) not null, jour date)",
        "insert into t values (1, '2025-01-01 00:30:00.25', '2025-01-01'),"
        " (2, '2025-01-02 10:00:00', '2025-01-02'), (3, '2025-01-03 10:00:00', null)",
    )
    by_stamp = table("t", cursor="vu", cursor_precision="datetime")
    depot.land(by_stamp, url=source.url())
    assert depot.raw("vu", "t")[0] == (datetime(2024, 12, 31, 23, 30, 0, 250_000, tzinfo=UTC),)
    assert depot.land(by_stamp, url=source.url())["t"].counts.read == 1
    by_day = table("t", cursor="jour", cursor_precision="date", lookback="1d")
    depot.land(by_day, url=source.url())
    outcome = depot.land(by_day, url=source.url())["t"]
    assert not outcome.is_full and outcome.counts.read == 2, "null is read by a full load alone"


def test_the_key_is_the_sources_own_else_the_least_that_is_never_null(
    depot: Depot, source: MariaDb
) -> None:
    source.execute(
        "create table a (x int, y int, primary key (y, x), unique (x))",
        "create table b (x int not null, y int not null, z int, unique u1 (z), unique u2 (y, x))",
        "create table c (z int, unique (z))",
        "create view d as select x, y from a",
    )
    opened = open_database("X_URL", source.url(), {})
    keys = {name: opened.describe(name).primary_key for name in "abcd"}
    opened.close()
    assert keys == {"a": ("y", "x"), "b": ("y", "x"), "c": (), "d": ()}


def test_null_and_repeated_keys_are_rejected_and_equal_rows_are_one(
    depot: Depot, source: MariaDb
) -> None:
    source.execute(
        "create table t (id int, v int, jour date)",
        "insert into t values (1, 10, '2025-01-01'), (1, 11, '2025-01-02'), (null, 12, null),"
        " (2, 20, null), (2, 20, null)",
    )
    keyed = table("t", cursor="jour", tolerance="100%")
    counts = depot.land(keyed, url=source.url())["t"].counts
    assert (counts.read, counts.rejected, counts.inserted) == (5, 3, 2)
    assert depot.raw("id, v", "t") == [(1, 11), (2, 20)]
    assert [reason for _, reason, _ in depot.rejects()] == [
        *("duplicate key", "duplicate key", "null key")
    ]
    keyless = table("sans_cle", **{"from": "t", "primary_key": ["_row_hash"]})
    assert depot.land(keyless, url=source.url())["sans_cle"].counts.inserted == 4


def test_a_new_column_is_landed_and_a_new_label_is_no_change(depot: Depot, source: MariaDb) -> None:
    source.execute(*COMMANDES, "alter table Commandes add etat enum('a') default 'a'")
    depot.land(by_moment(), url=source.url())
    source.execute(
        "alter table Commandes modify etat enum('a', 'b') default 'a', add note text",
        "update Commandes set etat = 'b', note = 'ü', ModifieLe = '2025-02-01' where ID = 1",
    )
    outcome = depot.land(by_moment(), url=source.url())["commandes"]
    assert outcome.failure is None and outcome.is_full
    assert outcome.notes == [
        "sigeti.commandes: schema_change: column note (text) is new",
    ]
    assert depot.raw("etat, note", "commandes")[:2] == [("b", "ü"), ("a", None)]
    source.execute("alter table Commandes modify Montant varchar(20)")
    failure = depot.land(by_moment(), url=source.url())["commandes"].failure
    assert "column Montant is now varchar(20), it was decimal(12,2)" in str(failure)


def test_a_source_that_falls_silent_fails_its_table_alone(depot: Depot, source: MariaDb) -> None:
    source.execute(
        "create table big as select seq as id, repeat('x', 200) as filler from seq_1_to_100000",
        "create table small as select 1 as id",
    )
    with gate_to(source.port) as gate:
        gate.shuts_after = 2_000_000
        outcomes = depot.land(
            table("big"), table("small"), url=source.url(port=gate.port), patience=2.0, threads=1
        )
    assert "no answer from the source for 2 s" in str(outcomes["big"].failure)
    assert "fell silent at sigeti.big" in str(outcomes["small"].failure)
    assert depot.raw("count(*)", "big", order="1") == [(0,)]
    with gate_to(source.port) as gate:
        opened = open_database("X_URL", source.url(port=gate.port), {})
        gate.shut()
        with pytest.raises(Silent):
            within(0.5, lambda: opened.describe("big"))


def test_a_server_that_never_greets_is_not_waited_for(
    source: MariaDb, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mysql, "LOGIN_SECONDS", 0.5)
    began = time.monotonic()
    with gate_to(source.port) as gate:
        gate.shut()
        with pytest.raises(SourceUnreachable, match=r"^X_URL: 127.0.0.1:\d+ takes connections and"):
            open_database("X_URL", source.url(port=gate.port), {})
    assert time.monotonic() - began < 30


@pytest.mark.filterwarnings("error::pytest.PytestUnraisableExceptionWarning")
def test_a_connection_that_is_killed_fails_its_table_and_not_the_next(source: MariaDb) -> None:
    source.execute(
        "create table t as select seq as id, repeat('x', 500) as filler from seq_1_to_100000"
    )
    opened = open_database("X_URL", source.url(), {})
    extract = Extract("t", opened.describe("t").columns)
    batches = opened.read(extract)
    next(batches)
    reading = "select id from information_schema.processlist where user = 'reader' and info like"
    (victim,) = source.execute(f"{reading} '%filler%'")
    source.execute(f"kill {victim[0]}")
    with pytest.raises(TableUnreadable, match=r"^t: .*(Lost connection|killed)") as said:
        list(batches)
    assert "\n" not in str(said.value)
    # Left in the middle: the server is not asked for the rest, and the reader goes on.
    batches = opened.read(extract)
    next(batches)
    batches.close()
    assert sum(batch.num_rows for batch in opened.read(extract)) == 100_000
    opened.close()
    del batches
    gc.collect()  # now the driver would complain of rows that it could not fetch


def test_the_session_only_reads_and_in_utc(source: MariaDb) -> None:
    opened: Any = open_database("X_URL", source.url(), {})
    names = ("tx_read_only", "time_zone", "character_set_results", "sql_mode", "tx_isolation")
    names += ("max_statement_time", "net_write_timeout", "lock_wait_timeout")
    for connection in (opened._connect(), opened._connect_for_rows()):
        with connection.cursor() as cursor:
            cursor.execute("select " + ", ".join(f"cast(@@{name} as char)" for name in names))
            (held,) = cursor.fetchall()
        connection.close()
        assert [v.decode() if isinstance(v, bytes) else v for v in held] == [
            *("ON", "+00:00", "utf8mb4", "ANSI_QUOTES", "REPEATABLE-READ"),
            *("7200.000000", "3600", "60"),
        ]
    drift = abs(opened.now() - datetime.now(UTC))
    assert drift < timedelta(seconds=5)
    opened.close()


@pytest.mark.parametrize(
    ("how", "said"),
    [
        ({"password": "wrong"}, r"Access denied for user 'reader'@'127.0.0.1'"),
        ({"database": "absent"}, r"Unknown database 'absent'"),
        ({"database": ""}, r"the URL names no database"),
        ({"port": 1}, r"Can't connect to MySQL server on '127.0.0.1'.*refused"),
        ({"port": 99999}, r"the port is not a number"),
        ({"options": "?ssl_ca=/nowhere.pem"}, r"ssl_ca, ssl_cert or ssl_key cannot be read"),
        ({"options": "?ssl_mode=required"}, r"SSL"),
        ({"options": "?charset=latin1"}, r"charset 'latin1': the server converts"),
        ({"options": "?user=x"}, r"unknown option 'user' \(known: charset, "),
    ],
)
def test_a_source_that_does_not_open_says_why(
    source: MariaDb, how: dict[str, Any], said: str
) -> None:
    with pytest.raises(SourceUnreachable, match=rf"^X_URL: .*{said}") as found:
        open_database("X_URL", source.url(**how), {})
    assert "\n" not in str(found.value) and "ffne" not in str(found.value)


def test_the_password_may_stand_apart(source: MariaDb) -> None:
    url = source.url().replace(":%C3%B6ffne%20dich@", "@")
    opened = open_database("X_URL", url, {"X_PASSWORD": "öffne dich"})
    opened.close()
    with pytest.raises(SourceUnreachable, match="using password: NO"):
        open_database("X_URL", url, {})


def test_each_wrong_table_is_one_line_that_names_it(depot: Depot, source: MariaDb) -> None:
    source.execute(*COMMANDES, "create user if not exists few@'%' identified by 'few'")
    source.execute(
        "grant select (ID, Texte) on source.Commandes to few@'%'",
        "create sql security invoker view hidden as select * from Commandes",
        "grant select on source.hidden to few@'%'",
    )
    outcomes = depot.land(
        commandes(primary_key=["code"]),
        table("vanished"),
        table("unquoted", **{"from": "Commandes", "primary_key": ["ID"], "filter": 'Texte = "x"'}),
        table("fine", **{"from": "Commandes", "primary_key": ["ID"]}),
        table(
            "cursed",
            **{"from": "Commandes", "primary_key": ["ID"], "cursor": "Texte", "lookback": "1d"},
        ),
        url=source.url(),
    )
    assert "has no column 'code'; mend the entry in x.yml" in str(outcomes["commandes"].failure)
    assert outcomes["vanished"].failure == (
        "sigeti.vanished: vanished: SIGETI_URL has no such table, or the login may not see it;"
        " mend `from`"
    )
    assert "sigeti.unquoted: Commandes: Unknown column 'x'" in str(outcomes["unquoted"].failure)
    assert "cursor Texte is text" in str(outcomes["cursed"].failure)
    assert outcomes["fine"].counts.inserted == 500
    few = source.url(user="few", password="few")
    denied = depot.land(table("hidden", primary_key=["ID"]), url=few)["hidden"].failure
    assert "command denied" in str(denied) or "lack rights" in str(denied), denied
