"""How many rows each table has, how keys follow from row numbers, and which day it is."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from demo.erp.columns import Draw

# The evening of this day is day 0; dates are around it, whatever day it is today.
BASE_DATE = date(2025, 11, 15)
# The rows of the real tables, in the order in which they are made: what is referred to comes first.
# produit counts items; the 436,327 rows that were reported are those of a history.
ROWS = {
    "tabgco": 6_117,
    "fournis": 8_431,
    "client": 15_417,
    "produit": 99_388,
    "hisprixa": 116_026,
    "lignecli": 48_334,
}
# Rows that come each day, per thousand of those on day 0.
_NEW = {"fournis": 0.5, "client": 1, "produit": 1, "hisprixa": 5, "lignecli": 12}
# The new rows of a day show its date, but for the last two: they were committed late.
FEWEST_NEW = 4
LATE_WITHIN, LATE_BEYOND = 1, 6
# Over how many days rows were made, and then changed.
_SPANS = {"lignecli": (400, 300)}
_USUAL_SPANS = (4_000, 900)
# What was in use when the tables were counted.
_IN_USE = {"suppliers": 677, "customers": 1_521, "ordered": 10_756, "priced": 65_958}
_OF = {"suppliers": "fournis", "customers": "client", "ordered": "produit", "priced": "produit"}


@dataclass(frozen=True)
class Making:
    """What is being made: the rows of one day.

    Args:
        late: by how many days the rows seem older than the day on which they come.
    """

    scale: float
    seed: int
    day: int = 0
    late: int = 0

    def draw(self, table: str) -> Draw:
        """The numbers of a table."""
        return Draw(self.seed, table)

    def rows(self, table: str) -> int:
        """The rows of a table on day 0."""
        return max(5, round(ROWS[table] * self.scale))

    def new(self, table: str) -> int:
        """The rows that come to a table each day."""
        if table not in _NEW:
            return 0
        return max(FEWEST_NEW, round(ROWS[table] * self.scale * _NEW[table] / 1000))

    def share(self, table: str, permille: float) -> int:
        """So many rows of a thousand of those on day 0, and at least two."""
        return max(2, round(self.rows(table) * permille / 1000))

    @property
    def today(self) -> date:
        """The day that the rows show."""
        return BASE_DATE + timedelta(days=self.day - self.late)

    def in_use(self, what: str) -> int:
        """How many suppliers, customers or products are referred to."""
        return max(2, round(self.rows(_OF[what]) * _IN_USE[what] / ROWS[_OF[what]]))

    def number(self, what: str, place: str) -> str:
        """The row number of one of those in use, spread over the table."""
        step = max(1, self.rows(_OF[what]) // self.in_use(what))
        return f"(1 + {place} * {step})"

    def created(self, draw: Draw) -> str:
        """The date on which a row was made."""
        if self.day:
            return f"date '{self.today}'"
        made, _ = _SPANS.get(draw.table, _USUAL_SPANS)
        return f"(date '{BASE_DATE}' - 1 - {draw('dat_crt', made)})"

    def modified(self, draw: Draw, created: str, null_permille: int = 0) -> str:
        """The date on which a row was last changed; null in so many rows of a thousand."""
        if self.day:
            return f"date '{self.today}'"
        _, touched = _SPANS.get(draw.table, _USUAL_SPANS)
        changed = f"greatest({created}, date '{BASE_DATE}' - {draw('dat_mod', touched)})"
        return draw.sometimes("dat_mod", null_permille, "null", changed)


def customer(number: str) -> str:
    """The key of the customer with a row number."""
    return f"(1000 + 5 * ({number}))"


def supplier(number: str) -> str:
    """The key of the supplier with a row number."""
    return f"(100 + 3 * ({number}))"


def product(number: str) -> str:
    """The key of the product with a row number; the first is the product 1 of free texts."""
    return f"(1 + 7 * ({number} - 1))"
