"""What of the ODBC reader needs no driver: words of errors, values, types and widths."""

from __future__ import annotations

import sys
from datetime import UTC, date, datetime
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import pyarrow as pa
import pytest

from ingest.databases import odbc
from ingest.databases.model import Mark, SourceColumn, SourceUnreachable
from ingest.databases.opening import check_url, is_database, patience
from ingest.settings import SettingsError


def column(code: int, name: str, size: int = 0, digits: int = 0) -> SourceColumn:
    row = SimpleNamespace(
        column_name="c",
        data_type=code,
        type_name=name,
        column_size=size,
        decimal_digits=digits,
        remarks=" Libellé ",
    )
    return odbc._column(row)


@pytest.mark.parametrize(
    ("code", "name", "size", "digits", "worded", "raw", "kind"),
    [
        (4, "integer", 10, 0, "integer", "integer", pa.int32()),
        (-7, "bit", 1, 0, "bit", "boolean", pa.bool_()),
        (2, "numeric", 17, 2, "numeric(17,2)", "numeric(17,2)", pa.decimal128(17, 2)),
        (2, "numeric", 50, 10, "numeric", "numeric", pa.string()),
        (12, "varchar", 60, 0, "varchar(60)", "text", pa.string()),
        (12, "varchar", 2_000_000_000, 0, "varchar", "text", pa.string()),
        (-1, "text", 8190, 0, "text", "text", pa.string()),
        (92, "time", 8, 0, "time", "time without time zone", pa.string()),
        (91, "date", 10, 0, "date", "date", pa.date32()),
        (-150, "sql_variant", 0, 0, "sql_variant", "text", pa.string()),
    ],
)
def test_a_type_travels_as_it_is_or_by_its_text(
    code: int, name: str, size: int, digits: int, worded: str, raw: str, kind: pa.DataType
) -> None:
    own = column(code, name, size, digits)
    assert (own.source_type, own.raw_type, own.transport) == (worded, raw, kind)
    assert own.label == "Libellé"


@pytest.mark.parametrize(
    ("mark", "worded"),
    [
        (date(2025, 2, 1), "{d '2025-02-01'}"),
        (datetime(2025, 2, 1, 10, 0, 0, 5), "{ts '2025-02-01 10:00:00.000005'}"),
        (datetime(2025, 2, 1, 10, tzinfo=UTC), "{ts '2025-02-01 10:00:00.000000'}"),
        (12, "12"),
        (Decimal("1.50"), "1.50"),
        ("l'an", "'l''an'"),
    ],
)
def test_a_mark_is_worded_as_every_driver_reads_it(mark: Mark, worded: str) -> None:
    assert odbc._worded(mark) == worded


@pytest.mark.parametrize(
    ("said", "line"),
    [
        (
            "External error: ODBC emitted an error calling 'SQLFetch':\nState: HY000, Native error:"
            " 36, Message: the server went away",
            "the server went away",
        ),
        ("[unixODBC][Driver Manager]Data source name not found", "Data source name not found"),
    ],
)
def test_an_error_is_what_the_driver_says(said: str, line: str) -> None:
    assert odbc.said(RuntimeError(said)) == line


def test_the_widest_text_bounds_those_without_a_width() -> None:
    narrow, wide = column(12, "varchar", 40), column(12, "varchar", 4000)
    endless = column(-1, "text", 8190)
    assert odbc._longest([narrow], {}) == 4 * odbc.UNBOUNDED
    assert odbc._longest([narrow, wide, endless], {}) == 4 * 4000
    assert odbc._longest([endless], {"c": 9000}) == 4 * 9000


def test_a_machine_without_a_driver_manager_is_told_what_to_install(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "pyodbc", None)
    with pytest.raises(SourceUnreachable, match=r"ERP_URL: .*apt-get install unixodbc"):
        odbc.OdbcDatabase("ERP_URL", "odbc:DSN=x", None)


def test_the_scheme_chooses_the_reader() -> None:
    assert is_database("odbc:DSN=x") and is_database("POSTGRESQL://h/d")
    assert not is_database("sftp://h/folder")
    with pytest.raises(SettingsError, match="or odbc:DSN=name"):
        check_url("ERP_URL", "oracle://h")


@pytest.mark.parametrize("given", ["soon", "0", "-3", "nan"])
def test_patience_is_a_number_of_seconds(given: str) -> None:
    settings: dict[str, Any] = {"ERP_TIMEOUT": given}
    with pytest.raises(SettingsError, match="ERP_TIMEOUT"):
        patience("ERP_URL", settings)
    assert patience("ERP_URL", {"ERP_TIMEOUT": " 5 "}) == 5
    assert patience("ERP_URL", {}) == 600
