"""What a person sees while a run goes on: bars on a terminal, a few quiet lines elsewhere."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from typing import Protocol

from ingest.catalog import Table
from ingest.files.model import Entry

Advance = Callable[[Entry], None]
AdvanceTable = Callable[[Table], None]


class Progress(Protocol):
    """Told of each place and of each file or table of it that was read."""

    def place(self, name: str, todo: Sequence[Entry]) -> AbstractContextManager[Advance]: ...

    def tables(self, name: str, todo: Sequence[Table]) -> AbstractContextManager[AdvanceTable]: ...


class Quiet:
    """One line per place, on standard error."""

    @contextmanager
    def place(self, name: str, todo: Sequence[Entry]) -> Iterator[Advance]:
        size = sum(entry.size for entry in todo) / 1_048_576
        print(f"{name}: {len(todo)} files to read, {size:.1f} MB", file=sys.stderr, flush=True)
        yield lambda entry: None

    @contextmanager
    def tables(self, name: str, todo: Sequence[Table]) -> Iterator[AdvanceTable]:
        print(f"{name}: {len(todo)} tables to read", file=sys.stderr, flush=True)
        yield lambda table: None


class Silent:
    """Nothing at all."""

    @contextmanager
    def place(self, name: str, todo: Sequence[Entry]) -> Iterator[Advance]:
        yield lambda entry: None

    @contextmanager
    def tables(self, name: str, todo: Sequence[Table]) -> Iterator[AdvanceTable]:
        yield lambda table: None


class Bars:
    """One bar per place: by bytes of files, or by tables."""

    @contextmanager
    def place(self, name: str, todo: Sequence[Entry]) -> Iterator[Advance]:
        total = sum(entry.size + 1 for entry in todo)
        with _bar(name, total, len(todo), "files") as step:
            yield lambda entry: step(entry.size + 1)

    @contextmanager
    def tables(self, name: str, todo: Sequence[Table]) -> Iterator[AdvanceTable]:
        with _bar(name, len(todo), len(todo), "tables") as step:
            yield lambda table: step(1)


@contextmanager
def _bar(name: str, total: int, things: int, noun: str) -> Iterator[Callable[[int], None]]:
    """A bar of `total` steps that also counts `things`."""
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.fields[things]} " + noun),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as bars:
        task = bars.add_task(name, total=total, things=f"0/{things}")
        count = 0

        def step(steps: int) -> None:
            nonlocal count
            count += 1
            bars.update(task, advance=steps, things=f"{count}/{things}")

        yield step


def make_progress(quiet: bool) -> Progress:
    """Bars on a terminal, else lines; `quiet`: nothing (the output is for a program)."""
    if quiet:
        return Silent()
    return Bars() if sys.stderr.isatty() else Quiet()
