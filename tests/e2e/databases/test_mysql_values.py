"""What the columns of a real MariaDB hold lands as what it is, or is rejected with its reason."""

from __future__ import annotations

import json
from datetime import timedelta
from decimal import Decimal

import pytest

from ingest.databases.model import Extract
from ingest.databases.opening import open_database
from tests.support.depot import Depot, table
from tests.support.mariadb import MariaDb

pytestmark = pytest.mark.e2e


TYPES = """create table t (id int unsigned primary key comment 'Numéro', grand bigint unsigned,
    petit tinyint(1), zf int(6) zerofill, exact decimal(38,10), large decimal(65,30), f float,
    d double, jour date, moment datetime(6), vu timestamp(3) null, duree time(6), an year,
    oui bit(1), bits bit(8), tous bit(64), e enum('a','é'), s set('x','y'), brut varbinary(8),
    ou point, v6 inet6, u uuid)"""
KINDS = {
    **{"id": "bigint", "grand": "numeric", "petit": "smallint", "zf": "bigint"},
    **{"exact": "numeric", "large": "numeric", "f": "real", "d": "double precision"},
    **{"jour": "date", "moment": "timestamp without time zone"},
    **{"vu": "timestamp with time zone", "duree": "interval", "an": "smallint"},
    **{"oui": "boolean", "bits": "bigint", "tous": "numeric", "e": "text", "s": "text"},
    **{"brut": "bytea", "ou": "text", "v6": "text", "u": "uuid"},
}


def test_every_type_lands_as_what_it_is(depot: Depot, source: MariaDb) -> None:
    digits = "1234567890123456789012345678.1234567890"
    most = "12345678901234567890123456789012345.123456789012345678901234567890"
    uuid = "6ccd780c-baba-1026-9564-5b8c656024db"
    source.execute(
        TYPES,
        f"insert into t values (4294967295, 18446744073709551615, 7, 42, {digits}, {most},"
        " 16777215, 0.1, '9999-12-31', '1000-01-01 00:00:00.000001', '2024-03-31 01:02:03.004',"
        " '-100:00:01.5', 1901, 1, 255, 18446744073709551615, 'é', 'x,y', x'00ff27',"
        f" point(1.5, 2), '::1', '{uuid}')",
        "insert into t (id, duree) values (2, '11:30:00')",
    )
    outcome = depot.land(table("t"), url=source.url())["t"]
    assert outcome.failure is None and outcome.counts.inserted == 2
    kinds = depot.house.rows(
        "select column_name, data_type from information_schema.columns"
        " where table_schema = 'raw_sigeti' and table_name = 't' and column_name !~ '^_'"
    )
    assert dict(kinds) == KINDS
    none, values = depot.raw(", ".join(KINDS), "t")
    assert none[:2] == (2, None) and none[11] == timedelta(hours=11, minutes=30)
    assert values[:8] == (
        *(4294967295, Decimal(18446744073709551615), 7, 42, Decimal(digits), Decimal(most)),
        *(16777215.0, 0.1),
    )
    assert [str(value) for value in values[8:14]] == [
        *("9999-12-31", "1000-01-01 00:00:00.000001", "2024-03-31 01:02:03.004000+00:00"),
        *("-5 days, 19:59:58.500000", "1901", "True"),
    ]
    assert (*values[14:18], bytes(values[18]), *values[19:]) == (
        *(255, Decimal(18446744073709551615), "é", "x,y", b"\x00\xff'"),
        *("POINT(1.5 2)", "::1", uuid),
    )
    again = depot.land(table("t"), url=source.url(), force_full=True)["t"]
    assert again.counts.changed == 0, "the same values have the same hash"
    opened = open_database("X_URL", source.url(), {})
    first = opened.describe("t").columns[0]
    opened.close()
    assert (first.source_type, first.label) == ("int unsigned", "Numéro")


def test_a_text_is_what_the_server_sends(depot: Depot, source: MariaDb) -> None:
    twice = "cde Planifiée".encode().decode("latin-1")
    source.execute(
        "create table t (id int primary key, texte text, vieux varchar(20) character set latin1)",
        "insert into t values (1, '🎉 tab\\tquote''\\\\n', 'Pièce'), (2, '', null),"
        f" (3, '{twice}', ''), (4, 'a\\0b\\0', '€')",
    )
    outcome = depot.land(table("t"), url=source.url())["t"]
    assert depot.raw("texte, vieux", "t") == [
        ("🎉 tab\tquote'\\n", "Pièce"),
        ("", None),
        (twice, ""),
        ("a␀b␀", "€"),
    ]
    assert outcome.notes == [
        "sigeti.t: 1 rows have NUL characters in texte, which PostgreSQL cannot hold;"
        " each is landed as ␀"
    ]


def test_a_day_that_is_none_rejects_its_row_or_stays_as_text(depot: Depot, source: MariaDb) -> None:
    source.execute(
        "create table t (id int primary key, jour date, livre datetime, nom varchar(9))",
        "insert into t values (1, '2025-01-01', '2025-01-01 10:00:00', 'a'),"
        " (2, '0000-00-00', '2025-01-01 10:00:00', 'b'), (3, '2025-02-31', null, 'c'),"
        " (4, null, '2025-00-01 10:00:00', 'd'), (5, null, null, 'e')",
    )
    outcome = depot.land(table("t", cursor="jour", tolerance="100%"), url=source.url())["t"]
    assert (outcome.counts.read, outcome.counts.rejected, outcome.counts.image) == (5, 3, 2)
    assert depot.raw("id", "t") == [(1,), (5,)]
    found = depot.house.rows("select reason, raw_text from etl.rejects order by raw_text")
    assert [(reason, json.loads(text)["nom"]) for reason, text in found] == [
        ("jour is no date", "b"),
        ("jour is no date", "c"),
        ("livre is no timestamp without time zone", "d"),
    ]
    # Another full load judges every row anew, and a mended row is none any more.
    source.execute("update t set jour = '2025-03-01' where id = 2")
    full = depot.land(table("t", cursor="jour"), url=source.url(), force_full=True)["t"].counts
    assert (full.inserted, full.rejected) == (1, 2)
    assert len(depot.rejects()) == 2
    as_text = [{"name": name, "data_type": "text"} for name in ("jour", "livre")]
    whole = depot.land(table("t", [{"name": "id"}, *as_text]), url=source.url(), force_full=True)
    assert (whole["t"].counts.rejected, whole["t"].counts.image) == (0, 5)
    assert depot.raw("jour, livre", "t") == [
        ("2025-01-01", "2025-01-01 10:00:00"),
        ("2025-03-01", "2025-01-01 10:00:00"),
        ("2025-02-31", None),
        (None, "2025-00-01 10:00:00"),
        (None, None),
    ]


def test_no_text_of_a_rejected_row_is_kept_where_some_are_personal(
    depot: Depot, source: MariaDb
) -> None:
    source.execute(
        "create table t (id int primary key, jour date, Nom varchar(9))",
        "insert into t values (1, '0000-00-00', 'Dupont'), (2, null, 'Durand')",
    )
    depot.land(table("t", pii={"Nom": "pseudonymise"}), url=source.url())
    assert depot.rejects() == [("t", "jour is no date", False)]
    assert "Dupont" not in str(depot.house.rows("select * from etl.rejects"))


def test_a_column_that_mostly_holds_no_days_is_no_slip(depot: Depot, source: MariaDb) -> None:
    source.execute(
        "create table t (id int primary key, jour date)",
        "insert into t select seq, '0000-00-00' from seq_1_to_10001",
    )
    failure = depot.land(table("t"), url=source.url())["t"].failure
    assert failure == (
        "sigeti.t: t: more than 10000 rows have a value that does not fit its type (jour is no"
        " date); declare `data_type: text` for that column under `columns:`"
    )


def test_names_are_quoted_whatever_they_hold(depot: Depot, source: MariaDb) -> None:
    source.execute(
        "create table `Über ``sicht` (`Schlüssel``A` int primary key, `select` int, `a b` text,"
        ' `percent %s` text, `"quoted"` text)',
        "insert into `Über ``sicht` values (1, 2, 'drei', 'vier', 'fünf'), (2, 3, 'x', 'y', 'z')",
    )
    odd = table(
        "uebersicht",
        **{"from": "Über `sicht", "primary_key": ["Schlüssel`A"], "filter": "\"a b\" like '%rei'"},
    )
    assert depot.land(odd, url=source.url())["uebersicht"].failure is None
    assert depot.raw('schlussel_a, "select", a_b, percent_s, quoted', "uebersicht", order="1") == [
        (1, 2, "drei", "vier", "fünf")
    ]


def test_a_table_of_another_database_is_named_with_it(depot: Depot, source: MariaDb) -> None:
    source.empty("archive")
    source.execute(
        "create table archive.T (id int primary key)",
        "create table source.T (id int primary key, other int)",
        "insert into archive.T values (1), (2)",
    )
    outcomes = depot.land(
        table("t", **{"from": "archive.T"}), table("lower", **{"from": "t"}), url=source.url()
    )
    assert outcomes["t"].counts.inserted == 2
    assert depot.raw("count(*)", "t", order="1") == [(2,)]
    assert "no such table" in str(outcomes["lower"].failure), "this server's names have a case"


def test_rows_come_in_portions_of_many_short_or_few_long_ones(
    depot: Depot, source: MariaDb
) -> None:
    source.execute(
        "create table t (id int primary key, v longtext)",
        "insert into t select seq, 'x' from seq_1_to_50000",
        "update t set v = repeat('é', 3000000) where id in (10, 20, 30, 40, 50, 60)",
    )
    opened = open_database("X_URL", source.url(), {})
    columns = opened.describe("t").columns
    sizes = [batch.num_rows for batch in opened.read(Extract("t", columns))]
    opened.close()
    assert sum(sizes) == 50_000 and sizes == [30, 30, 20_000, 20_000, 9_940], sizes
    assert depot.land(table("t"), url=source.url())["t"].counts.inserted == 50_000
    assert depot.raw("max(length(v))", "t", order="1") == [(3_000_000,)]
