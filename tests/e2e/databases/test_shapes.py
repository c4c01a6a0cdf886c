"""Types, names, encodings, and a source whose tables change their shape."""

from __future__ import annotations

import pytest

from ingest.databases.model import SourceUnreachable
from ingest.databases.opening import open_database
from ingest.databases.postgres import first_line
from ingest.loader import Loader, LoadFailed
from ingest.settings import SettingsError
from tests.support.depot import Depot, Source, table

pytestmark = pytest.mark.e2e

ID = {"name": "id", "data_type": "integer"}
TYPES = {
    "a": ("smallint", "-7", "smallint"),
    "b": ("integer", "2147483647", "integer"),
    "c": ("bigint", "9223372036854775807", "bigint"),
    "d": ("real", "1.1", "real"),
    "e": ("double precision", "0.1", "double precision"),
    "f": ("numeric", "12345678901234567890123456789012345678901234.5", "numeric"),
    "g": ("numeric(15,2)", "-1234567890123.45", "numeric(15,2)"),
    "g0": ("numeric(38,0)", "99999999999999999999999999999999999999", "numeric(38,0)"),
    "h": ("text", "é€ \t 'x' \\ ;", "text"),
    "i": ("varchar(5)", "ab", "text"),
    "j": ("char(3)", "c", "text"),
    "k": ("date", "0044-03-15", "date"),
    "l": ("timestamp", "2024-02-29 10:00:00.123456", "timestamp without time zone"),
    "m": ("timestamptz", "2024-03-31 02:30:00+01", "timestamp with time zone"),
    "n": ("boolean", "false", "boolean"),
    "o": ("json", '{"b": 1,  "a": [1, null]}', "json"),
    "p": ("jsonb", '{"nom": "é"}', "jsonb"),
    "q": ("uuid", "df91d8da-d936-41ea-a30d-6983594f5b11", "uuid"),
    "r": ("humeur", "à l'heure", "text"),
    "s": ("integer[]", "{1,NULL,3}", "text"),
    "t": ("point", "(1.5,2)", "text"),
    "u": ("polygon", "((0,0),(1,1),(1,0))", "text"),
    "v": ("bytea", "\\x00ff", "bytea"),
    "w": ("interval", "1 mon 2 days 03:04:05", "interval"),
    "x": ("time", "23:59:59.5", "time without time zone"),
    "y": ("inet", "192.168.0.1/24", "text"),
    "z": ("montant", "3.10", "numeric(10,2)"),
}


def test_every_type_arrives_as_it_was(depot: Depot) -> None:
    columns = ", ".join(f"{name} {kind}" for name, (kind, _, _) in TYPES.items())
    values = ", ".join("$x$" + value + "$x$" for _, value, _ in TYPES.values())
    depot.source.execute(
        "create type humeur as enum ('calme', 'à l''heure')",
        "create domain montant as numeric(10,2) check (value > 0)",
        f"create table tout (id int, {columns})",
        f"insert into tout values (1, {values})",
        "insert into tout (id) values (2)",
    )
    outcome = depot.land(table("tout"))["tout"]
    assert not outcome.failure
    as_text = ", ".join(f"{name}::text" for name in TYPES)
    own = depot.source.execute("set timezone to 'UTC'", f"select {as_text} from tout order by id")
    assert depot.raw(as_text, "tout") == own
    types = dict(
        depot.house.rows(
            "select attname, format_type(atttypid, atttypmod) from pg_attribute"
            " where attrelid = 'raw_sigeti.tout'::regclass and attnum > 0"
        )
    )
    assert {name: types[name] for name in TYPES} == {n: raw for n, (_, _, raw) in TYPES.items()}


def test_names_are_quoted_and_survive(depot: Depot) -> None:
    depot.source.execute(
        'create schema "PUB x"',
        'create table "PUB x"."Ligne-""cli" (id int, "Durée séjour" int, "gencod-v" text,'
        ' "select" text)',
        'insert into "PUB x"."Ligne-""cli" values (1, 2, \'x\', \'y\')',
    )
    depot.land(table("lignes", **{"from": 'PUB x.Ligne-"cli'}))
    assert depot.raw('duree_sejour, gencod_v, "select"', "lignes") == [(2, "x", "y")]
    assert depot.house.rows(
        "select source_name, column_name, data_type from etl.columns where table_name = 'lignes'"
        " order by 1"
    ) == [
        ("Durée séjour", "duree_sejour", "integer"),
        ("gencod-v", "gencod_v", "text"),
        ("id", "id", "integer"),
        ("select", "select", "text"),
    ]


def test_names_that_meet_are_refused(depot: Depot) -> None:
    depot.source.execute('create table t (id int, "a-b" int, a_b int)')
    assert "'a-b' and 'a_b' would both be named a_b" in str(depot.land(table("t"))["t"].failure)
    assert not depot.land(table("t", exclude={"a-b": "twice"}))["t"].failure


def test_a_name_without_a_letter_is_refused_until_it_is_excluded(depot: Depot) -> None:
    depot.source.execute('create table t (id int, "{}" int)', "insert into t values (1, 2)")
    said = "sigeti.t: no column name can be made of '{}'; exclude it"
    assert depot.land(table("t"))["t"].failure == said
    declared = table("t", [{"name": "id"}], exclude={"{}": "empty since ever"})
    assert not depot.land(declared)["t"].failure
    assert depot.raw("id", "t") == [(1,)]


@pytest.mark.parametrize("encoding", ["LATIN1", "WIN1252"])
def test_a_source_in_another_encoding_is_read_right(depot: Depot, encoding: str) -> None:
    old = Source.make(f"old_{encoding.lower()}", encoding)
    old.execute("create table t (id int, v text)", "insert into t values (1, 'Payée à Bouaké ç ÿ')")
    depot.land(table("t"), url=old.url)
    assert depot.raw("v", "t") == [("Payée à Bouaké ç ÿ",)]


def test_bytes_without_an_encoding_are_refused_by_name(depot: Depot) -> None:
    old = Source.make("old_ascii", "SQL_ASCII")
    old.execute("create table t (id int, v text)", "insert into t values (1, E'Pay\\351e')")
    failure = str(depot.land(table("t"), url=old.url)["t"].failure)
    assert 'encoding "UTF8": 0xe9' in failure and "convert its texts in a view" in failure
    assert depot.raw("id", "t") == []
    # As docs/databases.md says.
    old.execute(
        "create view lisible as select id, convert_from(convert(convert_to(v, 'SQL_ASCII'),"
        " 'LATIN1', 'UTF8'), 'SQL_ASCII') as v from t"
    )
    assert not depot.land(table("t", **{"from": "lisible"}), url=old.url)["t"].failure
    assert depot.raw("id, v", "t") == [(1, "Payée")]


def test_a_new_column_lands_by_itself_and_an_empty_one_makes_no_new_version(depot: Depot) -> None:
    depot.source.execute(
        "create table t (id int, v text, updated_at timestamptz)",
        "insert into t select i, 'v' || i, '2025-01-01' from generate_series(1, 9) as i",
    )
    declared = table("t", cursor="updated_at")
    depot.land(declared)
    before = depot.raw("id, _row_hash, xmin::text", "t")
    depot.source.execute("alter table t add column vide text")
    outcome = depot.land(declared)["t"]
    assert outcome.is_full and outcome.counts.changed == 0
    assert outcome.notes == ["sigeti.t: schema_change: column vide (text) is new"]
    assert depot.raw("id, _row_hash, xmin::text", "t") == before
    # Filled without moving the cursor: a new column makes the next load a full one.
    depot.source.execute("alter table t add column plein integer not null default 5")
    assert depot.land(declared)["t"].counts.updated == 9
    assert set(depot.raw("plein", "t")) == {(5,)}


def test_a_column_that_is_gone_is_null_and_reported(depot: Depot) -> None:
    depot.source.execute(
        "create table t (id int, v text, w text)", "insert into t values (1, 'a', 'b')"
    )
    declared = table("t", columns=[ID, {"name": "w", "data_type": "text"}])
    depot.land(declared)
    depot.source.execute("alter table t drop column v, drop column w")
    notes = depot.land(declared)["t"].notes
    assert "sigeti.t: schema_change: column v is gone: null from now on" in notes
    assert "sigeti.t: schema_change: column w is gone: null from now on" in notes
    assert depot.raw("v, w", "t") == [(None, None)]
    assert depot.house.rows(
        "select source_name, last_seen_at < (select max(last_seen_at) from etl.columns)"
        " from etl.columns where table_name = 't' order by 1"
    ) == [("id", False), ("v", True), ("w", True)]


def test_a_changed_type_is_refused_until_it_is_declared(depot: Depot) -> None:
    depot.source.execute("create table t (id int, prix integer)", "insert into t values (1, 10)")
    depot.land(table("t"))
    depot.source.execute("alter table t alter column prix type text using prix || ' F'")
    before = depot.raw("id, prix, xmin::text", "t")
    assert depot.land(table("t"))["t"].failure == (
        "sigeti.t: column prix is now text, it was integer; to accept it"
        " write `data_type: text` for it under `columns:` in x.yml"
    )
    assert depot.raw("id, prix, xmin::text", "t") == before
    declared = table("t", columns=[ID, {"name": "prix", "data_type": "text"}])
    assert not depot.land(declared)["t"].failure
    assert depot.raw("prix", "t") == [("10 F",)]


def test_a_declared_type_that_a_value_does_not_fit_is_one_line(depot: Depot) -> None:
    depot.source.execute("create table t (id int, v text)", "insert into t values (1, 'secret')")
    declared = table("t", columns=[ID, {"name": "v", "data_type": "integer"}])
    failure = depot.land(declared)["t"].failure
    assert failure == (
        "sigeti.t: invalid input syntax for type integer:"
        " a value does not fit the `data_type` of its column"
    )


def test_a_table_that_shares_a_failing_load_is_read_again_alone(depot: Depot) -> None:
    class Stumbling(Loader):
        """Fails whenever several tables come at once, as one bad value would make it."""

        def _load(self, parts):  # type: ignore[no-untyped-def]
            if len(parts) > 1:
                raise LoadFailed("raw_sigeti: one of them is bad")
            super()._load(parts)

    depot.source.execute(*(f"create table t{i} as select 1 as id" for i in range(3)))
    outcomes = depot.land(*(table(f"t{i}") for i in range(3)), loader=Stumbling)
    assert not any(outcome.failure for outcome in outcomes.values())
    assert all(depot.raw("id", f"t{i}") == [(1,)] for i in range(3))


def test_a_source_that_does_not_answer_is_one_line(depot: Depot) -> None:
    for url in (
        "postgresql://nobody:wrong@127.0.0.1:1/none",
        depot.source.url.replace("postgres:", "postgres:not-the-"),
        depot.source.url + "_absent",
    ):
        with pytest.raises(SourceUnreachable, match=r"^SIGETI_URL: ") as said:
            open_database("SIGETI_URL", url, {})
        assert "\n" not in str(said.value) and "wrong" not in str(said.value)
    with pytest.raises(SettingsError, match="SIGETI_URL: 'mongodb' is not a database"):
        open_database("SIGETI_URL", "mongodb://x", {})


def test_the_password_may_stand_apart(depot: Depot) -> None:
    admin = Source(depot.source.name).url
    password = admin.split(":")[2].split("@")[0]
    database = open_database(
        "SIGETI_URL", admin.replace(f":{password}", ""), {"SIGETI_PASSWORD": password}
    )
    assert database.now().tzinfo is not None
    database.close()
    # A password in the URL is nearer.
    open_database("SIGETI_URL", admin, {"SIGETI_PASSWORD": "another"}).close()


def test_a_message_in_another_encoding_is_still_one_line() -> None:
    wording = "FATAL:  authentification échouée\nDETAIL: x".encode("latin-1")
    error = UnicodeDecodeError("utf-8", wording, 24, 25, "invalid start byte")
    assert first_line(error) == "FATAL:  authentification échouée"
