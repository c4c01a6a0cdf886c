"""What of the MySQL reader needs no server: types, names, URLs, and values that fit no type."""

from __future__ import annotations

import ssl
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pytest

from ingest.databases.model import SourceUnreachable, TableUnreadable
from ingest.databases.mysql import _key, quoted, said
from ingest.databases.mysql_types import column_of, selected
from ingest.databases.mysql_url import settings_of
from ingest.databases.opening import check_url, is_database, open_database
from ingest.databases.rows import ROW_HASH, Shape, shaped
from ingest.databases.unfit import MOST, Unfit, from_text
from tests.support.depot import table


@pytest.mark.parametrize(
    ("data_type", "column_type", "digits", "worded", "raw", "kind", "asked"),
    [
        ("int", "int(11)", (10, 0), "int", "integer", pa.int32(), "`c`"),
        ("int", "int", (10, 0), "int", "integer", pa.int32(), "`c`"),
        ("int", "int(10) unsigned", (10, 0), "int unsigned", "bigint", pa.int64(), "`c`"),
        ("tinyint", "tinyint(1)", (3, 0), "tinyint", "smallint", pa.int16(), "`c`"),
        (
            *("bigint", "bigint(20) unsigned", (20, 0), "bigint unsigned", "numeric(20,0)"),
            *(pa.decimal128(20, 0), "`c`"),
        ),
        (
            "smallint",
            "smallint(5) unsigned",
            (5, 0),
            "smallint unsigned",
            "integer",
            pa.int32(),
            "`c`",
        ),
        (
            *("decimal", "decimal(15,2)", (15, 2), "decimal(15,2)", "numeric(15,2)"),
            *(pa.decimal128(15, 2), "`c`"),
        ),
        ("decimal", "decimal(65,30)", (65, 30), "decimal(65,30)", "numeric", pa.string(), "`c`"),
        ("float", "float", (12, None), "float", "real", pa.float32(), "`c` + 0e0"),
        ("double", "double", (22, None), "double", "double precision", pa.float64(), "`c`"),
        ("bit", "bit(1)", (1, None), "bit(1)", "boolean", pa.bool_(), "`c` + 0"),
        ("bit", "bit(63)", (63, None), "bit(63)", "bigint", pa.int64(), "`c` + 0"),
        ("year", "year(4)", (None, None), "year", "smallint", pa.int16(), "`c`"),
        ("time", "time(6)", (None, None), "time(6)", "interval", pa.string(), "`c`"),
        ("json", "json", (None, None), "json", "json", pa.string(), "`c`"),
        ("enum", "enum('a','(1)')", (None, None), "enum", "text", pa.string(), "`c`"),
        ("varchar", "varchar(32)", (None, None), "varchar(32)", "text", pa.string(), "`c`"),
        ("longblob", "longblob", (None, None), "longblob", "bytea", pa.binary(), "`c`"),
        ("polygon", "polygon", (None, None), "polygon", "text", pa.string(), "st_astext(`c`)"),
        (
            "vector",
            "vector(3)",
            (None, None),
            "vector(3)",
            "text",
            pa.string(),
            "cast(`c` as char)",
        ),
    ],
)
def test_a_type_travels_as_it_is_or_by_its_text(
    data_type: str,
    column_type: str,
    digits: tuple[int | None, int | None],
    worded: str,
    raw: str,
    kind: pa.DataType,
    asked: str,
) -> None:
    own = column_of("c", data_type, column_type, *digits, "Libellé")
    assert (own.source_type, own.raw_type, own.transport) == (worded, raw, kind)
    assert (selected(own, quoted("c")), own.label) == (asked, "Libellé")


def test_a_name_is_quoted_by_backticks() -> None:
    assert quoted('a `b` "c"') == '`a ``b`` "c"`'


def test_the_key_is_the_primary_key_else_the_shortest_without_nulls() -> None:
    wide = [("w", "a", ""), ("w", "b", "")]
    assert _key([*wide, ("PRIMARY", "z", ""), ("PRIMARY", "y", "")]) == ("z", "y")
    assert _key([*wide, ("n", "c", "YES"), ("e", None, "")]) == ("a", "b")
    assert _key([]) == ()


def test_an_error_is_one_line_without_its_number() -> None:
    assert said(Exception(1045, "Access denied\nfor x")) == "Access denied"
    assert said(RuntimeError("'cryptography' package is required")).startswith("'cryptography'")
    assert said(ValueError()) == "ValueError"


def test_a_url_says_where_and_how() -> None:
    settings = settings_of("mysql://l%40b:p%2Fw@db.example/gestion?unix_socket=/run/s", "other")
    told = {name: settings[name] for name in ("host", "port", "user", "password", "database")}
    assert told == {
        **{"host": "db.example", "port": 3306, "user": "l@b"},
        **{"password": b"p/w", "database": "gestion"},
    }
    assert settings["unix_socket"] == "/run/s" and "ssl" not in settings
    assert settings_of("mariadb://u@h:3307/d", "é")["password"] == "é".encode()


@pytest.mark.parametrize(
    ("mode", "verifies", "named"),
    [
        ("required", ssl.CERT_NONE, False),
        ("VERIFY_CA", ssl.CERT_REQUIRED, False),
        ("verify_identity", ssl.CERT_REQUIRED, True),
    ],
)
def test_how_far_a_server_is_trusted(mode: str, verifies: ssl.VerifyMode, named: bool) -> None:
    context = settings_of(f"mysql://u@h/d?ssl_mode={mode}", None)["ssl"]
    assert (context.verify_mode, context.check_hostname) == (verifies, named)
    assert settings_of("mysql://u@h/d?ssl_mode=disabled", None)["ssl_disabled"] is True
    with pytest.raises(ValueError, match="ssl_mode 'sometimes': there are disabled, "):
        settings_of("mysql://u@h/d?ssl_mode=sometimes", None)


@pytest.mark.parametrize("url", ["mysql://u@h/d", "MariaDB://u@h/d"])
def test_the_scheme_chooses_the_reader(url: str) -> None:
    assert is_database(url)
    check_url("X_URL", url)
    with pytest.raises(SourceUnreachable, match="X_URL: the URL names no database"):
        open_database("X_URL", url.rpartition("/")[0], {})


def unfit(**columns: tuple[Any, ...]) -> Unfit:
    declared = [
        column_of(name, kind, kind, None, None, None) for name, (kind, *_) in columns.items()
    ]
    shape = Shape({name: name for name in columns})
    return Unfit(table("t"), "T", declared, shape)


def all_of(rows: pa.RecordBatch) -> pa.RecordBatch:
    return rows


def test_of_a_row_that_may_not_land_no_reject_is_kept() -> None:
    sieve = unfit(jour=("date",), nom=("varchar",))
    batch = pa.RecordBatch.from_arrays(
        [pa.array(["0000-00-00"] * 3), pa.array(["a", "erased", "b"])], ["jour", "nom"]
    )
    sieve.sift(batch, lambda rows: rows.filter(pc.not_equal(rows.column("nom"), "erased")))
    assert [text for _, _, text in sieve.found] == [
        '{"jour": "0000-00-00", "nom": "a"}',
        '{"jour": "0000-00-00", "nom": "b"}',
    ]
    sieve.sift(batch, lambda rows: rows.slice(0, 0))
    assert len(sieve.found) == 2


def test_only_rows_that_do_not_fit_are_taken_out() -> None:
    sieve = unfit(jour=("date",), moment=("timestamp",), n=("int",))
    fine = pa.array([1, 2, 3, 4], pa.int32())
    batch = pa.RecordBatch.from_arrays(
        [
            pa.array(["2025-01-01", "0000-00-00", None, "2025-02-30"]),
            pa.array(["2025-01-01 10:00:00", None, "2025-13-01 00:00:00", "2025-00-01 00:00:00"]),
            fine,
        ],
        ["jour", "moment", "n"],
    )
    kept = sieve.sift(batch, all_of)
    assert kept.schema.types == [pa.date32(), pa.timestamp("us", tz="UTC"), pa.int32()]
    assert kept.column("n").to_pylist() == [1]
    assert [(reason, text) for reason, _, text in sieve.found] == [
        ("jour is no date", '{"jour": "0000-00-00", "moment": null, "n": 2}'),
        (
            "moment is no timestamp with time zone",
            '{"jour": null, "moment": "2025-13-01 00:00:00", "n": 3}',
        ),
        ("jour is no date", '{"jour": "2025-02-30", "moment": "2025-00-01 00:00:00", "n": 4}'),
    ]
    sieve.forget()
    assert not sieve.found
    # What came typed is passed on as it is.
    assert sieve.sift(kept, all_of).equals(kept) and not sieve.found


def test_too_many_such_rows_are_refused_with_what_to_declare() -> None:
    sieve = unfit(jour=("date",))
    batch = pa.RecordBatch.from_arrays([pa.array(["0000-00-00"] * MOST)], ["jour"])
    assert sieve.sift(batch, all_of).num_rows == 0
    with pytest.raises(TableUnreadable, match=r"T: more than 10000 rows .*`data_type: text`"):
        sieve.sift(batch.slice(0, 1), all_of)


def test_a_moment_without_a_zone_of_its_own_is_in_utc() -> None:
    read = from_text(pa.array(["2025-03-30 02:30:00.5", None]), pa.timestamp("us", tz="UTC"))
    assert str(read[0]) == "2025-03-30 02:30:00.500000+00:00" and not read[1].is_valid


def test_nul_characters_are_marked_and_counted() -> None:
    shape = Shape({"A": "a", "B": "b"})
    batch = pa.RecordBatch.from_arrays(
        [pa.array(["x\0y\0", None, "\0"]), pa.array(["x", "y", None])], ["A", "B"]
    )
    rows = shaped(batch, shape).drop_columns([ROW_HASH]).to_pylist()
    assert rows == [{"a": "x␀y␀", "b": "x"}, {"a": None, "b": "y"}, {"a": "␀", "b": None}]
    assert dict(shape.with_nul) == {"a": 2}
