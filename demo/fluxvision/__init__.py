"""Flux Vision: visitor statistics of a tourism observatory, as its portal delivers them."""

from demo.fluxvision.plan import (
    DEMO_FROM,
    DEMO_SCALE,
    DEMO_SEED,
    DEMO_TO,
    LARGE_SCALE,
    Plan,
    Settings,
    plan,
    settings,
)
from demo.fluxvision.write import Written, write

__all__ = [
    "DEMO_FROM",
    "DEMO_SCALE",
    "DEMO_SEED",
    "DEMO_TO",
    "LARGE_SCALE",
    "Plan",
    "Settings",
    "Written",
    "plan",
    "settings",
    "write",
]
