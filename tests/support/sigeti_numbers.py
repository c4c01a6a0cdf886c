"""Rounding, rates, means; the classes and thresholds of docs/sigeti.md, as the page gives them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal
from fractions import Fraction
from math import floor
from typing import Any

# Each family of classes: (class, lower limit, whether the limit is in the class), lowest first.
CLASSES: dict[str, Sequence[tuple[str, int | None, bool]]] = {
    "segment": (("PETIT", None, False), ("MOYEN", 10**6, False), ("GRAND", 10**7, False)),
    "taille": (
        ("TPE", None, False),
        ("PME", 50 * 10**6, True),
        ("ETI", 500 * 10**6, True),
        ("GE", 5 * 10**9, True),
    ),
    "risque": (("FAIBLE", None, False), ("MOYEN", 10, False), ("ELEVE", 30, False)),
    "anciennete": (
        ("0_30", None, False),
        ("31_60", 30, False),
        ("61_90", 60, False),
        ("91_180", 90, False),
        ("PLUS_180", 180, False),
    ),
    "criticite": (
        ("FAIBLE", None, False),
        ("MOYEN", 60, False),
        ("ELEVE", 90, False),
        ("CRITIQUE", 180, False),
    ),
    "impaye": (("NORMAL", None, False), ("ATTENTION", 15, True), ("CRITIQUE", 30, True)),
    "occupation": (
        ("FAIBLE", None, False),
        ("NORMAL", 50, True),
        ("OPTIMAL", 80, True),
        ("SATURE", 95, False),
    ),
    "delai": (("NORMAL", None, False), ("MOYEN", 30, False), ("LONG", 60, False)),
}
# %, %, days, days; and the days that the agency has for a request.
RECOVERY_ALERT, OCCUPATION_ALERT, UNPAID_ALERT, INACTIVITY_ALERT = 60, 30, 90, 180
LEGAL_DAYS = 20


def classed(family: str, value: Decimal | int | None) -> str | None:
    """The class of a value; nothing of nothing."""
    if value is None:
        return None
    found = ""
    for name, limit, is_in in CLASSES[family]:
        if limit is None or value > limit or (is_in and value == limit):
            found = name
    return found


def rounded(value: Fraction | Decimal | int, digits: int = 2) -> Decimal:
    """Halves away from zero."""
    value = Fraction(value)
    whole = floor(abs(value) * 10**digits + Fraction(1, 2))
    return Decimal(whole if value >= 0 else -whole).scaleb(-digits)


def rate(part: Decimal | int | None, whole: Decimal | int | None) -> Decimal | None:
    """In %; nothing of nothing."""
    if part is None or not whole:
        return None
    return rounded(Fraction(100) * Fraction(part) / Fraction(whole))


def mean(values: Iterable[Any]) -> Decimal | None:
    """The mean of what is known."""
    known = [Fraction(value) for value in values if value is not None]
    return rounded(sum(known) / len(known)) if known else None


def total(values: Iterable[Decimal | int | None]) -> Decimal:
    """The sum of what is known."""
    return sum((Decimal(value) for value in values if value is not None), Decimal(0))


def known_total(values: Iterable[Decimal | None]) -> Decimal | None:
    """The sum of what is known; nothing when nothing is."""
    known = [value for value in values if value is not None]
    return total(known) if known else None
