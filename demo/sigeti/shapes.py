"""How the numbers of SIGETI are spread: ranges and medians as in the real database."""

from __future__ import annotations

from random import Random


def spread(
    draw: Random,
    count: int,
    bounds: tuple[float, float, float],
    *,
    rank: float = 0.5,
    unit: int = 1,
) -> list[int]:
    """Return `count` amounts in random order between the first and the last of the bounds.

    Args:
        bounds: the lowest, the middle and the highest amount; both ends occur.
        rank: the share of the amounts that lies below the middle one.
        unit: what the amounts are rounded to.
    """
    low, middle, high = bounds
    amounts = []
    for place in range(count):
        share = place / (count - 1) if count > 1 else rank
        if share <= rank:
            amount = low * (middle / low) ** ((share / rank) ** 0.4)
        else:
            amount = middle * (high / middle) ** (((share - rank) / (1 - rank)) ** 1.6)
        if 0 < share < 1:
            amount *= draw.uniform(0.98, 1.02)
        if rank == 0.5 and 0 < place < count - 1 and count % 2 == 0:
            # The two in the middle lie evenly around it.
            aside = 2 * place - count + 1
            amount = middle * (1 + 0.3 * aside / count) if abs(aside) == 1 else amount
        amount = min(max(amount, low), high)
        amounts.append(round(amount / unit) * unit)
    draw.shuffle(amounts)
    return amounts


def dealt(draw: Random, shares: dict[str, int], times: int) -> list[str]:
    """Return each name as often as its share says, `times` over, each round in random order."""
    hands: list[str] = []
    for _ in range(times):
        hand = [name for name, share in shares.items() for _ in range(share)]
        draw.shuffle(hand)
        hands += hand
    return hands


def double_encoded(text: str, by: str = "cp850") -> str:
    """What became of UTF-8 text that was once read as another code page: `Payée`, `Pay├®e`."""
    return text.encode("utf-8").decode(by)
