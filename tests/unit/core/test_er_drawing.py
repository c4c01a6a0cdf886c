"""Tables and joins are drawn from the text that GitHub draws, each line from its row."""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree

import pytest

from orchestration.drawings import PAGE
from orchestration.er_drawing import er_drawing

SVG = "{http://www.w3.org/2000/svg}"
TEXT = """erDiagram
    fait_a["fait_a, fait_b"] {
        date date_jour PK, FK
        text code_zone FK
    }
    dim_zone {
        text code_zone PK
        text code_mere FK
    }
    dim_client {
        text cle_client PK
    }
    dim_zone ||--o{ fait_a : "code_zone"
    dim_client }|--o{ fait_a : "code_client"
    dim_zone ||--o{ dim_zone : "code_mere"
"""


def test_what_is_joined_to_stands_to_the_right() -> None:
    drawing = ElementTree.fromstring(er_drawing(TEXT))
    at = {text.text: float(text.attrib["x"]) for text in drawing.iter(f"{SVG}text")}
    assert set(at) == {
        *("fait_a", "fait_b", "date date_jour PK, FK", "text code_zone FK", "dim_zone"),
        *("text code_zone PK", "text code_mere FK", "dim_client", "text cle_client PK"),
    }
    assert at["fait_a"] == at["fait_b"] < at["dim_zone"] == at["dim_client"]
    # A frame and a head for each box; bars at a key, a fork at versions, a loop at itself.
    paths = [path.attrib["d"] for path in drawing.iter(f"{SVG}path")]
    assert len(list(drawing.iter(f"{SVG}rect"))) == 6
    assert sum("v12 m-5 -12 v12" in path for path in paths) == 1
    assert sum("l-12 6 l12 6 m-16" in path for path in paths) == 1
    assert sum("h22 V" in path for path in paths) == 1


def test_a_line_leaves_from_its_row() -> None:
    drawing = ElementTree.fromstring(er_drawing(TEXT))
    row = next(text for text in drawing.iter(f"{SVG}text") if text.text == "text code_zone FK")
    begins = [
        float(path.attrib["d"].split()[1])
        for path in drawing.iter(f"{SVG}path")
        if " h18 C" in path.attrib["d"]
    ]
    assert min(abs(begin - float(row.attrib["y"])) for begin in begins) < 8


def test_every_star_of_the_page_can_be_drawn() -> None:
    blocks = PAGE.read_text(encoding="utf-8").split("```mermaid\n")[1:]
    drawings = [er_drawing(block.split("```")[0]) for block in blocks]
    assert len(drawings) == 5
    for drawing in drawings:
        ElementTree.fromstring(drawing)


def test_another_drawing_is_refused() -> None:
    with pytest.raises(ValueError, match="no part of a drawing of tables: a --> b"):
        er_drawing("erDiagram\n    a --> b\n")
