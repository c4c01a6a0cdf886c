"""A file as blocks of whole lines, so that memory does not grow with it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from ingest.files.model import MIB

MAX_LINE = 16 * MIB
KEPT_OF_LONG_LINE = 1 * MIB
# A run of plain lines shorter than this is not worth a parser of its own.
_SHORTEST_RUN = 100


@dataclass(frozen=True, slots=True)
class Block:
    """Whole lines, the last of a file perhaps without its line end.

    `final`: nothing follows. `overlong`: not lines but the beginning of one line that is longer
    than `MAX_LINE`; the rest of that line has been skipped.
    """

    data: bytes
    final: bool = False
    overlong: bool = False


def blocks(path: Path, skip: int, block_bytes: int, max_line: int = MAX_LINE) -> Iterator[Block]:
    """Stream a file from byte `skip` on, by about `block_bytes`; the last block is `final`."""
    with path.open("rb") as stream:
        stream.seek(skip)
        tail = b""
        while chunk := stream.read(block_bytes):
            cut = chunk.rfind(b"\n") + 1
            if cut:
                yield Block(tail + chunk[:cut])
                tail = chunk[cut:]
            else:
                tail += chunk
            if len(tail) > max_line:
                yield Block(tail[:KEPT_OF_LONG_LINE], overlong=True)
                tail = b""
                while (rest := stream.readline(block_bytes)) and not rest.endswith(b"\n"):
                    pass
        yield Block(tail, final=True)


def pieces(data: bytes, separator: str, width: int) -> Iterator[bytes]:
    """Part a block into long runs of plain lines, and what lies between them.

    A plain line has the right number of separators and no quote, so that few odd lines do not
    slow down the many. Where a block is parted changes nothing in how it is read.
    """
    mark, wanted = separator.encode(), width - 1
    lines = whole_lines(data)
    odd = [i for i, line in enumerate(lines) if line.count(mark) != wanted or b'"' in line]
    begin = run = 0
    for index in (*odd, len(lines)):
        if index - run >= _SHORTEST_RUN:
            if begin < run:
                yield b"".join(lines[begin:run])
            yield b"".join(lines[run:index])
            begin = index
        run = index + 1
    if begin < len(lines):
        yield b"".join(lines[begin:])


def whole_lines(data: bytes) -> list[bytes]:
    """The lines of some data with their ends; the last one may lack its own."""
    parts = data.split(b"\n")
    lines = [part + b"\n" for part in parts[:-1]]
    return [*lines, parts[-1]] if parts[-1] else lines
