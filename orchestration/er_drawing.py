"""A Mermaid diagram of tables and joins as SVG, for pages that are read without a network.

It knows the part of Mermaid that `orchestration.drawings` writes: boxes with columns, and lines
between them. GitHub draws the same text by itself.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

_BOX = re.compile(r'^(\w+)(?:\["([^"]+)"\])? \{$')
_LINE = re.compile(r'^(\w+) (\|\||\}\|)--o\{ (\w+) : "([^"]*)"$')
# In pixels: a letter of the font, a row, and what is left free.
_LETTER, _ROW, _BESIDE, _BELOW, _MARGIN = 7.3, 19, 110, 26, 12


@dataclass
class _Box:
    titles: list[str]
    rows: list[str] = field(default_factory=list)
    x: float = 0
    y: float = 0

    @property
    def width(self) -> float:
        return _LETTER * max(map(len, [*self.titles, *self.rows])) + 20

    @property
    def head(self) -> float:
        return _ROW * len(self.titles) + 8

    @property
    def height(self) -> float:
        return self.head + _ROW * len(self.rows) + 6

    def beside(self, column: str) -> float:
        """How far down the row of a column is; the head, where the box does not show it."""
        for number, row in enumerate(self.rows):
            if row.split()[1] == column:
                return self.y + self.head + _ROW * (number + 0.5)
        return self.y + self.head / 2


@dataclass(frozen=True)
class _Line:
    """Rows of `child` point to `parent`: to one row of it (`is_one`), or to its versions."""

    parent: str
    is_one: bool
    child: str
    columns: list[str]


def er_drawing(text: str) -> str:
    """The drawing of an `erDiagram`, as an SVG element.

    Raises:
        ValueError: on a line that is none of those that it knows.
    """
    boxes, lines = _read(text)
    width, height = _place(boxes, lines)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:.0f} {height:.0f}" '
        f'width="{width:.0f}" font-family="ui-monospace, Menlo, Consolas, monospace" '
        'font-size="12">'
    ]
    parts += [part for line in lines for part in _drawn_line(line, boxes)]
    parts += [part for box in boxes.values() for part in _drawn_box(box)]
    return "\n".join([*parts, "</svg>"])


def _read(text: str) -> tuple[dict[str, _Box], list[_Line]]:
    boxes: dict[str, _Box] = {}
    lines: list[_Line] = []
    inside: _Box | None = None
    for row in map(str.strip, text.strip().splitlines()[1:]):
        if inside is not None:
            if row == "}":
                inside = None
            else:
                inside.rows.append(row)
        elif found := _BOX.match(row):
            inside = boxes[found[1]] = _Box((found[2] or found[1]).split(", "))
        elif found := _LINE.match(row):
            lines.append(_Line(found[1], found[2] == "||", found[3], found[4].split(", ")))
        else:
            raise ValueError(f"no part of a drawing of tables: {row}")
    return boxes, lines


def _place(boxes: dict[str, _Box], lines: list[_Line]) -> tuple[float, float]:
    """Put each box to the right of all that point to it; returns width and height of it all."""
    children = {
        name: [line.child for line in lines if line.parent == name != line.child] for name in boxes
    }

    def level(name: str, above: tuple[str, ...] = ()) -> int:
        below = (child for child in children[name] if child not in above)
        return max((1 + level(child, (*above, name)) for child in below), default=0)

    columns: dict[int, list[str]] = {}
    for name in boxes:
        columns.setdefault(level(name), []).append(name)
    x = float(_MARGIN)
    for _, names in sorted(columns.items()):
        # Near to what points there: fewer lines cross.
        names.sort(key=lambda name: sum(boxes[c].y for c in children[name]) / _many(children[name]))
        y = float(_MARGIN)
        for name in names:
            boxes[name].x, boxes[name].y = x, y
            y += boxes[name].height + _BELOW
        x += max(boxes[name].width for name in names) + _BESIDE
    bottom = max(box.y + box.height for box in boxes.values())
    for names in columns.values():
        down = (bottom - max(boxes[name].y + boxes[name].height for name in names)) / 2
        for name in names:
            boxes[name].y += down
    return x - _BESIDE + 4 * _MARGIN, bottom + _MARGIN


def _many(names: list[str]) -> int:
    return max(1, len(names))


def _drawn_box(box: _Box) -> Iterator[str]:
    x, y = box.x, box.y
    yield (
        f'<rect x="{x:.0f}" y="{y:.0f}" width="{box.width:.0f}" height="{box.height:.0f}" '
        'rx="4" fill="#fff" stroke="#7b8794"/>'
    )
    yield (
        f'<rect x="{x:.0f}" y="{y:.0f}" width="{box.width:.0f}" height="{box.head:.0f}" '
        'rx="4" fill="#e4eef7" stroke="#7b8794"/>'
    )
    for number, title in enumerate(box.titles):
        yield _text(x + 10, y + 17 + _ROW * number, title, ' font-weight="bold"')
    for number, row in enumerate(box.rows):
        yield _text(x + 10, y + box.head + 14 + _ROW * number, row)


def _text(x: float, y: float, text: str, more: str = "") -> str:
    return f'<text x="{x:.0f}" y="{y:.0f}" fill="#1f2933"{more}>{html.escape(text)}</text>'


def _drawn_line(line: _Line, boxes: dict[str, _Box]) -> Iterator[str]:
    """From the row of the child to the key of the parent, with the marks of both ends."""
    child, parent = boxes[line.child], boxes[line.parent]
    left, right = child.x + child.width, parent.x
    begin = child.beside(line.columns[0])
    if child is parent:
        yield _stroke(f"M{left:.0f} {begin:.0f} h22 V{child.y + child.head + 10:.0f} h-22")
        return
    end = parent.beside(parent.rows[0].split()[1]) if parent.rows else parent.y + 10
    half = (left + right) / 2
    yield _stroke(
        f"M{left:.0f} {begin:.0f} h18 C{half:.0f} {begin:.0f} {half:.0f} {end:.0f} "
        f"{right - 18:.0f} {end:.0f} h18"
    )
    yield _stroke(f"M{left:.0f} {begin - 6:.0f} l12 6 l-12 6")
    yield f'<circle cx="{left + 16:.0f}" cy="{begin:.0f}" r="4" fill="#fff" stroke="#52606d"/>'
    if line.is_one:
        yield _stroke(f"M{right - 6:.0f} {end - 6:.0f} v12 m-5 -12 v12")
    else:
        yield _stroke(f"M{right:.0f} {end - 6:.0f} l-12 6 l12 6 m-16 -12 v12")


def _stroke(path: str) -> str:
    return f'<path d="{path}" fill="none" stroke="#52606d" stroke-width="1.1"/>'
