"""A file as blocks of whole lines, so that memory does not grow with it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from ingest.files.model import MIB

MAX_LINE = 16 * MIB
KEPT_OF_LONG_LINE = 1 * MIB


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
