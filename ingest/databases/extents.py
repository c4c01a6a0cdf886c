"""Arrays that a source keeps in one text (`a;b;c`), split into numbered columns.

Progress calls them EXTENT and hands them over SQL as one text: elements parted by `;`, a `;` or `~`
of their own written `~;` and `~~`. The text itself is landed as it came; the numbered columns stand
beside it.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

SEPARATOR, ESCAPE = ";", "~"


def numbered(column: str, count: int) -> list[str]:
    """The columns of an array of `count` elements: `adresse` -> `adresse_1`, `adresse_2` ..."""
    return [f"{column}_{place}" for place in range(1, count + 1)]


def split(values: pa.Array, count: int) -> tuple[list[pa.Array], int]:
    """The elements of an array of texts, one array for each of the `count` places.

    Places that a text has no element for are null. A text with more elements than `count` does not
    fit the declaration: its places are all null, and the second value says how many there were.
    """
    lists = _lists(values)
    starts = np.asarray(lists.offsets)[:-1]
    lengths = pc.fill_null(pc.list_value_length(lists), 0).to_numpy()
    fits = lengths <= count
    elements = lists.values
    return [
        pc.take(elements, pa.array(starts + place, mask=~(fits & (lengths > place))))
        for place in range(count)
    ], int((~fits).sum())


def _lists(values: pa.Array) -> pa.ListArray:
    if pc.any(pc.match_substring(values, ESCAPE)).as_py():
        return pa.array(
            [None if text is None else list(_elements(text)) for text in values.to_pylist()],
            pa.list_(pa.string()),
        )
    return pc.split_pattern(values, SEPARATOR)


def _elements(text: str) -> Iterator[str]:
    """The elements of one text that escapes something."""
    element, letters = "", iter(text)
    for letter in letters:
        if letter == SEPARATOR:
            yield element
            element = ""
        else:
            element += next(letters, ESCAPE) if letter == ESCAPE else letter
    yield element
