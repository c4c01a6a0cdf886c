"""What a purge took out and who was erased is told in memory, whatever types the source has."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

import pyarrow as pa
import pytest

from ingest.databases.rows import ROW_HASH, Shape, hash_without, row_hash, shaped
from ingest.databases.sieve import Sieve
from ingest.privacy.persons import hashes_of, plain
from tests.support.depot import KEY, table

MOMENTS = [datetime(2024, 12, 31, 23, 59), datetime(2025, 1, 1), None]


@pytest.mark.parametrize(
    "values",
    [
        pa.array([date(2024, 12, 31), date(2025, 1, 1), None]),
        pa.array(MOMENTS, pa.timestamp("us")),
        pa.array(MOMENTS, pa.timestamp("us", tz="UTC")),
    ],
)
def test_a_row_of_before_is_left_out_and_one_without_a_day_is_not(values: pa.Array) -> None:
    batch = pa.RecordBatch.from_arrays([pa.array([1, 2, 3]), values], names=["id", "vu"])
    declared = table("t", cursor="vu", retention="1 year")
    sieve = Sieve(declared, date(2025, 1, 1), {})
    assert sieve.through(batch).column("id").to_pylist() == [2, 3]
    assert sieve.left_out == 1
    assert Sieve(declared, None, {}).through(batch) == batch
    without = table("t", cursor="vu")
    assert Sieve(without, date(2025, 1, 1), {}).through(batch) == batch, "no longer declared"


@pytest.mark.parametrize(
    ("key", "values"),
    [
        ("12", pa.array([12, 13, None], pa.int32())),
        ("0012", pa.array([12, 13, None], pa.int64())),
        ("12", pa.array([Decimal("12.00"), Decimal("13.00"), None])),
        ("12", pa.array(["12", "13", None])),
        ("Zoé", pa.array(["Zoé", "Zoe", None])),
    ],
)
def test_a_person_is_known_by_a_key_of_any_type(key: str, values: pa.Array) -> None:
    batch = pa.RecordBatch.from_arrays(
        [values, pa.array(["a", "b", "c"]), pa.array(["x", "y", "z"])], names=["Qui", "Nom", "v"]
    )
    erased = {"client": frozenset(hashes_of(key, KEY))}
    deleted = table("t", subject={"client": {"columns": "Qui", "erase": "delete"}})
    sieve = Sieve(deleted, None, erased, KEY)
    assert sieve.through(batch).column("v").to_pylist() == ["y", "z"]
    assert (sieve.forgotten, sieve.emptied) == (1, 0)
    emptied = table("t", subject={"client": {"columns": "qui", "personal": ["nom"]}})
    sieve = Sieve(emptied, None, erased, KEY)
    left = sieve.through(batch)
    assert left.column("Qui").to_pylist() == [None, *values.to_pylist()[1:]]
    assert left.column("Nom").to_pylist() == [None, "b", "c"]
    assert left.column("v").to_pylist() == ["x", "y", "z"]
    assert sieve.notes == ["sigeti.t: 1 rows landed without what they say of an erased person"]
    other = Sieve(emptied, None, {"agent": erased["client"]}, KEY)
    assert other.through(batch) == batch, "of another kind"


def test_only_the_columns_of_that_person_are_emptied() -> None:
    batch = pa.RecordBatch.from_arrays(
        [pa.array(["ana", "bob"]), pa.array(["bob", "ana"])], names=["crt", "mod"]
    )
    declared = table("t", subject={"utilisateur": ["crt", "mod"]})
    sieve = Sieve(declared, None, {"utilisateur": frozenset(hashes_of("ana", KEY))}, KEY)
    assert sieve.through(batch).to_pydict() == {"crt": [None, "bob"], "mod": ["bob", None]}


def test_a_hash_without_a_column_is_that_of_the_row_with_it_empty() -> None:
    values = {
        "id": pa.array([1, 2], pa.int32()),
        "nom": pa.array(["a", None]),
        "prix": pa.array([Decimal("1.50"), Decimal("2.00")], pa.decimal128(9, 2)),
        "vu": pa.array([date(2025, 1, 1), None]),
    }
    whole = pa.RecordBatch.from_pydict(values)
    emptied = pa.RecordBatch.from_pydict(
        {n: a if n == "id" else pa.nulls(2, a.type) for n, a in values.items()}
    )
    gone = whole.select(["nom", "prix", "vu"])
    hashes = row_hash(whole).to_pylist()
    assert hash_without(hashes, gone) == row_hash(emptied).to_pylist()
    assert hashes != row_hash(emptied).to_pylist()
    assert hash_without([], gone.slice(0, 0)) == []
    named = shaped(whole, Shape({name: name for name in values}))
    assert named.column(ROW_HASH).to_pylist() == hashes


def test_numbers_have_one_spelling_and_words_their_own() -> None:
    assert [plain(text) for text in ("12.00", "0012", "1E3", "NaN", "12 rue", "1_0")] == [
        *("12", "12", "1000", "NaN", "12 rue", "10")
    ]
