"""What a person sees: text that any console can print, and one line for an error."""

from __future__ import annotations

import sys


def prepare_streams() -> None:
    """Let no character break the output: what the console cannot print becomes `?`."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")


def printable(text: str) -> str:
    """A text that stays on its line of a terminal: what does not print is written as an escape."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def complain(message: object) -> None:
    """Write one line to standard error."""
    print(" ".join(str(message).split()), file=sys.stderr, flush=True)
