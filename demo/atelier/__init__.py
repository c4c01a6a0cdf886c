"""The workshop: three machining centres, each of which writes one log file a day.

`deliveries` is what lies in the drop; `write` puts it there. A file depends on its machine, its day
and the seed alone: it is the same whatever range it is asked in.

`machines` says how the three work, `shift` lays out a day, `lines` writes it as the machines do,
`faults` is what can go wrong, `drop` puts the files together.
"""

from demo.atelier.drop import (
    DEMO_FROM,
    DEMO_SEED,
    DEMO_TO,
    Settings,
    deliveries,
    write,
)
from demo.atelier.faults import KINDS, Delivery
from demo.atelier.machines import MACHINES, Machine, works

__all__ = [
    "DEMO_FROM",
    "DEMO_SEED",
    "DEMO_TO",
    "KINDS",
    "MACHINES",
    "Delivery",
    "Machine",
    "Settings",
    "deliveries",
    "works",
    "write",
]
