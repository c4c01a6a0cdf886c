"""A source may be silent for so long, and not longer."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from ingest.databases.patience import Silent, patiently, within


def test_what_comes_is_passed_on_in_its_order() -> None:
    assert list(patiently(lambda: iter(range(50)), 5)) == list(range(50))
    assert within(5, lambda: 7) == 7


def test_an_error_comes_after_what_came_before_it() -> None:
    def rows() -> Iterator[int]:
        yield 1
        raise ValueError("the source says no")

    drawn = patiently(rows, 5)
    assert next(drawn) == 1
    with pytest.raises(ValueError, match="says no"):
        next(drawn)


def test_silence_ends_the_wait() -> None:
    never = threading.Event()

    def rows() -> Iterator[int]:
        yield 1
        never.wait(30)

    drawn = patiently(rows, 0.2)
    assert next(drawn) == 1
    with pytest.raises(Silent, match="TIMEOUT"):
        next(drawn)
    never.set()


def test_who_stops_listening_ends_the_reading() -> None:
    closed = threading.Event()

    def rows() -> Iterator[int]:
        try:
            while True:
                yield 1
        finally:
            closed.set()

    drawn = patiently(rows, 5)
    assert next(drawn) == 1
    drawn.close()  # type: ignore[attr-defined]
    assert closed.wait(5)
