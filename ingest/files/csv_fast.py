"""Blocks of lines without surprises, parsed by Arrow: the way almost every line goes."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import csv


class FastParser:
    """Parses a block to one text array per field, or declines it.

    It declines whatever Arrow would read otherwise than `csv_grammar`, so both give the same
    records: NUL, a lone CR, a quote that is doubled, stray or holds a line end, a line with
    another number of fields, a line of empty fields.
    """

    def __init__(self, separator: str, width: int, unnamed: frozenset[int]):
        """`unnamed`: the fields without a column name, which must be empty."""
        self._separator = separator
        self._unnamed = unnamed
        self._names = [str(index) for index in range(width)]
        self._convert = csv.ConvertOptions(
            column_types={name: pa.string() for name in self._names},
            null_values=[""],
            strings_can_be_null=True,
            check_utf8=False,  # the caller has decoded it
        )

    def parse(self, block: bytes) -> list[pa.StringArray] | None:
        """Parse whole lines of valid UTF-8; None if the block needs the careful reader."""
        if b"\0" in block or block.startswith(b"\xef\xbb\xbf"):
            return None
        if b"\r" in block and block.count(b"\r") != block.count(b"\r\n"):
            return None
        quotes = block.count(b'"')
        if quotes and not self._quotes_enclose_fields(block, quotes):
            return None
        try:
            table = self._read(block, quoted=quotes > 0)
        except pa.ArrowInvalid:
            return None
        if table.num_rows == 0:
            return []
        fields = table.combine_chunks().to_batches()[0].columns
        if quotes and any(_holds(field, b'"') or _holds(field, b"\n") for field in fields):
            return None
        return None if self._has_odd_rows(fields) else fields

    def _read(self, block: bytes, quoted: bool) -> pa.Table:
        return csv.read_csv(
            pa.BufferReader(block),
            read_options=csv.ReadOptions(
                use_threads=False, column_names=self._names, block_size=len(block) + 1
            ),
            parse_options=csv.ParseOptions(
                delimiter=self._separator, quote_char='"' if quoted else False
            ),
            convert_options=self._convert,
        )

    def _quotes_enclose_fields(self, block: bytes, quotes: int) -> bool:
        """Whether each quote opens a whole field or closes one, provided that no value of the
        parsed block holds a quote (then quotes come in pairs, the first of each opening).

        No opening quote is followed by a separator or line end, so those that are all close.
        """
        separator = self._separator.encode()
        if quotes % 2 or block.startswith(b'"' + separator):
            return False
        if separator + b'"' + separator in block or b'\n"' + separator in block:
            return False
        closing = sum(block.count(b'"' + after) for after in (separator, b"\n", b"\r\n"))
        return closing + block.endswith(b'"') == quotes // 2

    def _has_odd_rows(self, fields: list[pa.StringArray]) -> bool:
        if any(len(fields[index]) != fields[index].null_count for index in self._unnamed):
            return True
        if not all(field.null_count for field in fields):
            return False
        empty = fields[0].is_null()
        for field in fields[1:]:
            empty = pc.and_(empty, field.is_null())
        return bool(pc.any(empty).as_py())


def _holds(field: pa.StringArray, byte: bytes) -> bool:
    data = field.buffers()[2]
    return data is not None and byte in memoryview(data).tobytes()
