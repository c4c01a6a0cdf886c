"""Which days the rows of a file are about."""

from __future__ import annotations

import re
from datetime import date

import pyarrow as pa

from ingest.files.naming import period_days

_LONGEST = 64
_ISO = re.compile(r"\s*([0-9]{4})-([0-9]{2})-([0-9]{2})(?:[ T].*)?\s*")
_FRENCH = re.compile(r"\s*([0-9]{2})/([0-9]{2})/([0-9]{4})(?: .*)?\s*")


def parse_day(text: str) -> date | None:
    """Read `2024-07-13` (a time may follow) or `13/07/2024`; None if it is no day."""
    if len(text) > _LONGEST:
        return None
    try:
        if match := _ISO.fullmatch(text):
            return date(int(match[1]), int(match[2]), int(match[3]))
        if match := _FRENCH.fullmatch(text):
            return date(int(match[3]), int(match[2]), int(match[1]))
    except ValueError:
        return None
    return None


class Days:
    """Gathers the first and last day, and whether one lies in a period."""

    def __init__(self, period: str | None):
        self.first: date | None = None
        self.last: date | None = None
        self.in_period = False
        self._period = period_days(period) if period else None

    def add(self, values: pa.StringArray) -> None:
        """Take the days of a batch; what cannot be read is left to staging."""
        for text in values.unique().to_pylist():
            day = parse_day(text) if text is not None else None
            if day is None:
                continue
            self.first = min(self.first or day, day)
            self.last = max(self.last or day, day)
            if self._period and self._period[0] <= day <= self._period[1]:
                self.in_period = True
