"""Waiting for a source, but not for ever: a driver that hangs must not hold up a run.

No call into a driver can be stopped from outside, so it is made in a thread of its own, which is
left behind when its time is over; such a thread does not keep the program from ending.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterator
from typing import Any, TypeVar

T = TypeVar("T")

PATIENCE = 600.0  # seconds of silence
_AHEAD = 2  # batches that wait for who reads them


class Silent(Exception):
    """Nothing came for as long as we were told to wait."""


def patiently(items: Callable[[], Iterator[T]], seconds: float) -> Iterator[T]:
    """Pass on what an iterator gives; it is made and drawn from in another thread, a little ahead.

    Raises:
        Silent: the next one did not come within `seconds`.
        Exception: whatever the iterator raised.
    """
    ready: queue.Queue[tuple[str, Any]] = queue.Queue(_AHEAD)
    over = threading.Event()

    def hand_over(what: str, item: Any) -> None:
        while not over.is_set():
            try:
                ready.put((what, item), timeout=0.2)
                return
            except queue.Full:
                continue

    def draw() -> None:
        try:
            drawn = items()
            for item in drawn:
                hand_over("item", item)
                if over.is_set():
                    drawn.close()  # type: ignore[attr-defined]
                    return
            hand_over("end", None)
        except BaseException as error:  # noqa: BLE001 - raised again where the items are wanted
            hand_over("error", error)

    threading.Thread(target=draw, name="source", daemon=True).start()
    try:
        while True:
            try:
                what, item = ready.get(timeout=seconds)
            except queue.Empty:
                raise Silent(
                    f"no answer from the source for {seconds:.0f} s; see whether it hangs, or raise"
                    " <SOURCE>_TIMEOUT in .env"
                ) from None
            if what == "error":
                raise item
            if what == "end":
                return
            yield item
    finally:
        over.set()


def within(seconds: float, call: Callable[[], T]) -> T:
    """What a call answers.

    Raises:
        Silent: it did not within `seconds`.
        Exception: whatever the call raised.
    """

    def once() -> Iterator[T]:
        yield call()

    return next(patiently(once, seconds))
