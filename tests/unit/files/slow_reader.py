"""The rules of a delimited file once more, character by character: what the reader must equal."""

from __future__ import annotations

from dataclasses import dataclass, field

BAD = "�"


@dataclass
class Expected:
    landed: list[tuple[int, list[str | None]]] = field(default_factory=list)
    rejected: list[tuple[int, int]] = field(default_factory=list)  # ordinal, line


def slow_read(
    data: bytes, encoding: str, separator: str, width: int, unnamed: set[int]
) -> Expected:
    """Read the records below the header. `unnamed` fields must be empty."""
    lines = [_decoded(line, encoding) for line in data.split(b"\n")]
    expected, at, ordinal = Expected(), 0, 0
    while at < len(lines):
        fields, taken = _record(lines, at, separator, width)
        start, at = at, at + taken
        if not any(fields):
            continue
        ordinal += 1
        text = "\n".join(lines[start : start + taken])
        bad = len(fields) != width or BAD in text or "\0" in text
        if bad or any(fields[index] for index in unnamed):
            expected.rejected.append((ordinal, start + 1))
        else:
            expected.landed.append((ordinal, [value or None for value in fields]))
    return expected


def _record(lines: list[str], at: int, separator: str, width: int) -> tuple[list[str], int]:
    """The fields of the record that begins on a line, and how many lines it takes."""
    quoted = _quoted(lines, at, separator)
    if quoted and (quoted[1] == 1 or len(quoted[0]) == width):
        return quoted
    bare = lines[at][:-1] if lines[at].endswith("\r") else lines[at]
    return bare.split(separator), 1


def _quoted(lines: list[str], at: int, separator: str) -> tuple[list[str], int] | None:
    fields: list[str] = []
    value, state = "", "start"
    for used, line in enumerate(lines[at:], 1):
        ending = line.endswith("\r")
        for place, char in enumerate(line):
            if state == "quoted":
                if char == '"':
                    state = "closed"
                else:
                    value += char
            elif state == "closed":
                if char == '"':
                    value, state = value + '"', "quoted"
                elif char == separator:
                    fields.append(value)
                    value, state = "", "start"
                elif char == "\r" and ending and place == len(line) - 1:
                    pass
                else:
                    return None
            elif char == separator:
                fields.append(value)
                value, state = "", "start"
            elif char == '"' and state == "start":
                state = "quoted"
            elif char == "\r" and ending and place == len(line) - 1:
                pass
            else:
                value, state = value + char, "plain"
        if state != "quoted":
            return [*fields, value], used
        value += "\n"
    return None


def _decoded(line: bytes, encoding: str) -> str:
    text = line.decode(encoding, "surrogateescape")
    return "".join(BAD if 0xDC80 <= ord(char) <= 0xDCFF else char for char in text)
