"""The grammar of a delimited file, read carefully: slow, and right for whatever comes.

A record is a line, whose fields a separator parts. A field that opens with `"` runs to the next
`"` that is not doubled, over separators and line ends; a separator or the end of the line must
follow. A `"` elsewhere is a character like any other. If a quote does not close so, or if the
lines it joins have not the right number of fields, then it was a stray one: the first line is
read alone, each `"` as a plain character, and is a reject if it has not the right number of fields.
Lines end in LF or CRLF. A line without a character, or of which every field is empty (a
spreadsheet writes such lines below its last row), is not a record.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

# A quoted field is not searched for its end further than this, in characters.
MAX_QUOTED = 1024 * 1024

UNCLOSED = "a quote is not closed, or text follows its end"


class Record(NamedTuple):
    """One record: its fields, or the reason why it has none. `lines` it spans, from `line`."""

    line: int
    lines: int
    start: int
    end: int
    fields: list[str] | None
    reason: str | None = None


class Incomplete(Exception):
    """The text ends inside a quoted field, and more text is to come."""


def records(text: str, separator: str, width: int | None, final: bool) -> Iterator[Record]:
    """Yield the records of whole lines of text; `line` counts from 1.

    `width`: the number of fields of a record, any if None. `final`: no text follows.
    Blank lines come as records with no fields and no reason.

    Raises:
        Incomplete: the last record needs more text; those before it have been yielded.
    """
    position, line = 0, 1
    while position < len(text):
        record = _record(text, position, line, separator, width, final)
        yield record
        position, line = record.end, line + record.lines


def _record(
    text: str, start: int, line: int, separator: str, width: int | None, final: bool
) -> Record:
    newline = text.find("\n", start)
    stop = len(text) if newline < 0 else newline
    end = stop if newline < 0 else newline + 1
    bare = text[start:stop].removesuffix("\r")
    if '"' in bare:
        quoted = _quoted_record(text, start, separator, final)
        if quoted is not None:
            fields, quoted_end = quoted
            lines = text.count("\n", start, quoted_end) or 1
            if quoted_end <= end or width is None or len(fields) == width:
                return _judged(line, lines, start, quoted_end, fields, width)
        fields = bare.split(separator)
        if width is not None and len(fields) != width:
            return Record(line, 1, start, end, None, UNCLOSED)
        return _judged(line, 1, start, end, fields, width)
    if not bare:
        return Record(line, 1, start, end, None)
    return _judged(line, 1, start, end, bare.split(separator), width)


def _judged(
    line: int, lines: int, start: int, end: int, fields: list[str], width: int | None
) -> Record:
    if not any(fields):
        return Record(line, lines, start, end, None)
    if width is not None and len(fields) != width:
        reason = f"{len(fields)} field{'' if len(fields) == 1 else 's'} instead of {width}"
        return Record(line, lines, start, end, None, reason)
    return Record(line, lines, start, end, fields)


def _quoted_record(
    text: str, position: int, separator: str, final: bool
) -> tuple[list[str], int] | None:
    """Fields and end of the record at `position`; None if a quote is not closed properly.

    Raises:
        Incomplete: the closing quote may be in the text to come.
    """
    fields: list[str] = []
    opening_next = separator + '"'
    while True:
        if text.startswith('"', position):
            closing = _closing_quote(text, position, final)
            if closing < 0:
                return None
            fields.append(text[position + 1 : closing].replace('""', '"'))
            position = closing + 1
            if text.startswith(separator, position):
                position += 1
                continue
            end = _line_end(text, position)
            return None if end < 0 else (fields, end)
        newline = text.find("\n", position)
        stop = len(text) if newline < 0 else newline
        opening = text.find(opening_next, position, stop)
        if opening < 0:
            fields += text[position:stop].removesuffix("\r").split(separator)
            return fields, stop if newline < 0 else newline + 1
        fields += text[position:opening].split(separator)
        position = opening + 1


def _closing_quote(text: str, opening: int, final: bool) -> int:
    limit = opening + MAX_QUOTED
    position = opening + 1
    while True:
        position = text.find('"', position, limit)
        if position < 0:
            if not final and len(text) < limit:
                raise Incomplete
            return -1
        if not text.startswith('"', position + 1):
            return position
        position += 2


def _line_end(text: str, position: int) -> int:
    """Where the next line begins, if the line ends at `position`; else -1."""
    if position < len(text) and text[position] == "\r":
        position += 1
    if position == len(text):
        return position
    return position + 1 if text[position] == "\n" else -1
