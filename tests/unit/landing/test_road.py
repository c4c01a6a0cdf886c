"""The road of files without a database: what is opened, handed on, dropped, told."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pytest

from ingest.catalog import FilesOrigin, Source, Table
from ingest.deliveries import Road
from ingest.files.errors import PlaceUnreachable
from ingest.files.model import Entry
from ingest.files.places import open_place
from ingest.package import Reading
from ingest.remembered import Container, Known
from ingest.wishes import Wishes
from tests.support.nuitee import nights, zipped

NAME = "Nuitee_2024B1_CABA0.csv"
NIGHTS = Table(
    source="flux",
    name="nuitee",
    schema="raw_flux",
    identifier="nuitee",
    declared_in="x.yml",
    connections=("FLUX_URL",),
    origin=FilesOrigin(
        patterns=("Nuitee_{periode}_{zone}",),
        header=(("Date",), ("Volume",)),
        kind="consolidated",
        date_column="Date",
        encodings=("utf-8",),
        separators=(";",),
    ),
)
SOURCE = Source("flux", "raw_flux", "FLUX_URL", {"*_Regions*": "aggregated"}, (NIGHTS,))


class Basket:
    """A sink that remembers what it was given."""

    run_id = "R"

    def __init__(self, on_add: Callable[[], None] = lambda: None) -> None:
        self.rows: dict[str, int] = {}
        self.landed: set[str] = set()
        self.readings: list[Reading] = []
        self.dropped = 0
        self._on_add = on_add

    def columns(self, table: Table) -> tuple[str, ...]:
        return ("date", "volume")

    def is_purged(self, file_id: str) -> bool:
        return False

    def has_landed(self, file_id: str) -> bool:
        return file_id in self.landed

    def add(self, table: Table, file_id: str, batch: pa.RecordBatch, *, replace: bool) -> None:
        self.rows[file_id] = self.rows.get(file_id, 0) + batch.num_rows
        self._on_add()

    def complete(self, reading: Reading) -> None:
        self.readings.append(reading)

    def drop(self) -> None:
        self.dropped += 1


def road(basket: Basket, scratch: Path, **wishes: object) -> Road:
    scratch.mkdir(exist_ok=True)
    return Road(
        source=SOURCE,
        connection="FLUX_URL",
        tables={"nuitee": NIGHTS},
        wishes=Wishes(frozenset({"nuitee"}), **wishes),  # type: ignore[arg-type]
        sink=basket,
        scratch=scratch,
    )


def read_all(folder: Path, basket: Basket, scratch: Path) -> dict[str, tuple[str, str | None]]:
    with open_place(str(folder)) as place:
        way = road(basket, scratch)
        for entry in way.to_read(list(place.list()), {}):
            way.read(place, entry, None)
    return {
        item.path: (item.status, item.reason)
        for reading in basket.readings
        for item in reading.deliveries
    }


@pytest.fixture
def inbox(tmp_path: Path) -> Path:
    folder = tmp_path / "inbox"
    folder.mkdir()
    return folder


def test_each_content_is_handed_on_once(inbox: Path, tmp_path: Path) -> None:
    (inbox / "a.zip").write_bytes(
        zipped([(f"x/{NAME}", nights(1, 2)), (f"y/{NAME}", nights(1, 2))])
    )
    basket = Basket()
    found = read_all(inbox, basket, tmp_path / "scratch")
    assert {status for status, _ in found.values()} == {"content"}
    assert list(basket.rows.values()) == [2]
    assert [item.loaded for item in basket.readings[0].deliveries] == [True, False]


def test_a_file_that_changes_while_it_is_read_is_pending_and_dropped(
    inbox: Path, tmp_path: Path
) -> None:
    file = inbox / NAME
    file.write_bytes(nights(1))

    def grow() -> None:
        with file.open("ab") as stream:
            stream.write(b"2024-01-02;CABA;LOCAL;TOURISTE;5\n")
        os.utime(file, (1, 1))

    basket = Basket(on_add=grow)
    found = read_all(inbox, basket, tmp_path / "scratch")
    assert found == {NAME: ("pending", "its size or date changed while it was read")}
    assert basket.dropped == 1


def test_a_small_file_that_fails_at_its_end_hands_nothing_on(inbox: Path, tmp_path: Path) -> None:
    (inbox / NAME).write_bytes(nights(1, day="2023-05-01"))
    basket = Basket()
    [(status, reason)] = read_all(inbox, basket, tmp_path / "scratch").values()
    assert (status, basket.rows) == ("failed", {})
    assert reason is not None and "no day of the file lies in 2024B1" in reason


def test_a_place_that_goes_away_leaves_nothing_half_taken(inbox: Path, tmp_path: Path) -> None:
    (inbox / NAME).write_bytes(nights(1))

    def go_away() -> None:
        raise PlaceUnreachable("gone")

    basket = Basket(on_add=go_away)
    with pytest.raises(PlaceUnreachable):
        read_all(inbox, basket, tmp_path / "scratch")
    assert (basket.dropped, basket.readings) == (1, [])
    assert not list((tmp_path / "scratch").glob("rejects-*"))


def test_what_its_name_already_tells_is_not_opened(inbox: Path, tmp_path: Path) -> None:
    for name in ("carte.png", f"{NAME}.part", "Nuitee_Regions_2024B1_CABA0.csv", "x_Regions.zip"):
        (inbox / name).write_bytes(b"x")

    class Closed:
        def open(self, entry: Entry, scratch: Path) -> None:
            raise AssertionError(f"{entry.path} was opened")

    basket = Basket()
    with open_place(str(inbox)) as place:
        entries = list(place.list())
    way = road(basket, tmp_path / "scratch")
    for entry in way.to_read(entries, {}):
        way.read(Closed(), entry, None)  # type: ignore[arg-type]
    assert len(basket.readings) == 4


def test_the_order_is_by_priority_then_path(inbox: Path, tmp_path: Path) -> None:
    for name in ("b.zip", NAME, "a.zip"):
        (inbox / name).write_bytes(b"x")
    with open_place(str(inbox)) as place:
        order = [e.path for e in road(Basket(), tmp_path / "s").to_read(list(place.list()), {})]
    assert order == ["a.zip", "b.zip", NAME]


@pytest.mark.parametrize("asked", ["reload", "rehash"])
def test_what_is_known_and_left_out_is_left_as_it_is(asked: str, tmp_path: Path) -> None:
    """It would become pending, and be opened by the next run; an archive may hold what is meant."""
    folder = tmp_path / "drop"
    folder.mkdir()
    for name in (NAME, "Nuitee_2024B2_CABA0.csv", "Nuitee_2024B3_CABA0.csv"):
        (folder / name).write_bytes(b"x")
    (folder / "B4.zip").write_bytes(zipped({NAME: nights(1)}))
    way = road(Basket(), tmp_path / "scratch", files=NAME, **{asked: True})
    with open_place(str(folder)) as place:
        entries = list(place.list())
    known = {entry.path: Container(way.outer(entry), [], True) for entry in entries}
    failed = Known("Nuitee_2024B3_CABA0.csv", "nuitee", "failed", "why", "abc", 1)
    known["Nuitee_2024B3_CABA0.csv"].files.append(failed)
    assert [entry.path for entry in way.to_read(entries, known)] == ["B4.zip", NAME]
