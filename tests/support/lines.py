"""The lines of a file as plain Python splits them: what landing must come to."""

from __future__ import annotations


def split(body: bytes) -> list[tuple[int, str]]:
    """Number and text of each line, from 1; NUL as U+2400."""
    text = body.decode("iso-8859-1").replace("\0", "\u2400")
    *whole, last = text.split("\n")
    lines = [line.removesuffix("\r") for line in whole]
    if last:
        lines.append(last.removesuffix("\r"))
    return list(enumerate(lines, start=1))
