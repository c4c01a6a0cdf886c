"""What a person sees while a run goes on: bars on a terminal, a few quiet lines elsewhere."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from typing import Protocol

from ingest.files.model import Entry

Advance = Callable[[Entry], None]


class Progress(Protocol):
    """Told of each place and of each file of it that was read."""

    def place(self, name: str, todo: Sequence[Entry]) -> AbstractContextManager[Advance]: ...


class Quiet:
    """One line per place, on standard error."""

    @contextmanager
    def place(self, name: str, todo: Sequence[Entry]) -> Iterator[Advance]:
        size = sum(entry.size for entry in todo) / 1_048_576
        print(f"{name}: {len(todo)} files to read, {size:.1f} MB", file=sys.stderr, flush=True)
        yield lambda entry: None


class Silent:
    """Nothing at all."""

    @contextmanager
    def place(self, name: str, todo: Sequence[Entry]) -> Iterator[Advance]:
        yield lambda entry: None


class Bars:
    """One bar per place, by bytes."""

    @contextmanager
    def place(self, name: str, todo: Sequence[Entry]) -> Iterator[Advance]:
        from rich.console import Console
        from rich.progress import BarColumn, TextColumn, TimeRemainingColumn
        from rich.progress import Progress as RichProgress

        columns = (
            TextColumn("{task.description}"),
            BarColumn(),
            TextColumn("{task.fields[files]} files"),
            TimeRemainingColumn(),
        )
        with RichProgress(*columns, console=Console(stderr=True), transient=True) as bars:
            total = sum(entry.size + 1 for entry in todo)
            task = bars.add_task(name, total=total, files=f"0/{len(todo)}")
            count = 0

            def advance(entry: Entry) -> None:
                nonlocal count
                count += 1
                bars.update(task, advance=entry.size + 1, files=f"{count}/{len(todo)}")

            yield advance


def make_progress(quiet: bool) -> Progress:
    """Bars on a terminal, else lines; `quiet`: nothing (the output is for a program)."""
    if quiet:
        return Silent()
    return Bars() if sys.stderr.isatty() else Quiet()
