"""Day 0: the database as it stood on the base date, made by letting its past happen in order.

At scale 1 each table has the rows of the real one; scale S repeats the same shares S times. Of 23
requests five are VALIDE, one waits for the signature of its letter, two are REJETE (one by the
internal commission), three DOCUMENTS_REJETES, the others are under way.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial

from demo.sigeti import billing, campaigns, estate
from demo.sigeti.reference import furnish
from demo.sigeti.shapes import dealt
from demo.sigeti.workflow import COURSE, Step, corrected, open_request, refused, take
from demo.sigeti.world import BASE_DATE, Row, World, opening

_FIRST_REQUEST = datetime(2024, 1, 8, 8, tzinfo=UTC)
# The past ends at the closing hour of the base date.
END = BASE_DATE + timedelta(hours=18)


class Agenda:
    """What happens when: one event at a time, earliest first."""

    def __init__(self) -> None:
        self._events: list[tuple[datetime, int, Callable[[], None]]] = []
        self._count = 0

    def add(self, at: datetime, event: Callable[[], None]) -> None:
        """Note an event."""
        self._count += 1
        heapq.heappush(self._events, (at, self._count, event))

    def happen(self) -> None:
        """Let everything happen, events that others add included."""
        while self._events:
            heapq.heappop(self._events)[2]()


@dataclass
class _Plan:
    """The past of one request."""

    steps: Sequence[Step]
    billed: bool = False  # the deposit fee was invoiced
    in_parts: bool = False  # the letter was paid in two parts
    price_paid: bool = False
    outside: bool = False  # no lot of an industrial zone
    lots: list[Row] = field(default_factory=list)


def _plans() -> list[_Plan]:
    """The pasts of 23 requests: 147 actions in all."""
    check, second = COURSE[1], COURSE[2]
    done = [_Plan(COURSE, in_parts=place < 3, price_paid=place < 2) for place in range(5)]
    short = [_Plan(COURSE[:count]) for count in (1, 1, 1, 2, 2, 3, 3, 4)]
    short[2].outside = short[4].outside = True
    return [
        *done,
        _Plan(COURSE[:13]),
        _Plan((*COURSE[:10], refused(COURSE[10]))),
        _Plan((*COURSE[:6], refused(COURSE[6]))),
        _Plan((COURSE[0], refused(check))),
        _Plan((COURSE[0], refused(check))),
        _Plan((COURSE[0], check, refused(second))),
        *short,
        _Plan(COURSE[:4], billed=True),
        _Plan(COURSE[:5], billed=True),
        _Plan((COURSE[0], refused(check), corrected(check), *COURSE[1:4]), billed=True),
        _Plan(COURSE[:7], billed=True),
    ]


def make(scale: int, seed: int) -> World:
    """Return the whole database of day 0."""
    world = World(scale, seed)
    furnish(world)
    estate.found_companies(world)
    estate.lay_out_lots(world)
    agenda = Agenda()
    _requests(world, agenda)
    campaigns.past(world, agenda.add, END)
    agenda.happen()
    last_hour(world, 0)
    return world


def _requests(world: World, agenda: Agenda) -> None:
    draw = world.random("plans")
    plans = [plan for _ in range(world.scale) for plan in _plans()]
    # Requests take their lots zone by zone, so that most of them lie within one zone.
    free = [lot for lot in world.rows("lots") if estate.is_free(lot)]
    free.sort(key=lambda lot: (lot["zone_industrielle_id"] or 99, lot["id"]))
    inside = [plan for plan in plans if not plan.outside]
    draw.shuffle(inside)
    sizes = dealt(draw, {"1": 12, "2": 7, "3": 2}, world.scale)
    for plan, size in zip(inside, sizes, strict=True):
        plan.lots, free = free[: int(size)], free[int(size) :]
    for plan in plans:
        _agree(world, agenda, plan, draw.random())


def _agree(world: World, agenda: Agenda, plan: _Plan, luck: float) -> None:
    """Put one request's past on the agenda, so that it ends before the base date."""
    turn = world.turn("past")
    draw = world.random("past", turn)
    pace = draw.uniform(0.4, 1.5)
    waits = [pace * draw.uniform(*step.days) for step in plan.steps]
    over = plan.steps[-1].outcome != "EN_COURS"
    latest = END - timedelta(days=sum(waits) + (40 if plan.price_paid else 0.1))
    # What is over may be long ago; what is under way began in the last months, mostly.
    span = (latest - _FIRST_REQUEST).days if over else 75 + 200 * (turn % 7 == 3)
    at = latest - timedelta(days=luck * span)
    holder: dict[str, Row] = {}

    def begin(when: datetime) -> None:
        known = [row for row in world.rows("entreprises") if row["date_creation"] < when]
        zone = plan.lots[0]["zone_industrielle_id"] if plan.lots else None
        holder["request"] = open_request(world, when, draw.choice(known), plan.lots, zone=zone)

    def act(step: Step, when: datetime) -> None:
        if step is plan.steps[0]:
            begin(when)
        request = holder["request"]
        take(world, request, step, when, billed=plan.billed)
        bills = world.of("factures", request["id"])
        if step.action == "REDACTION_LAMEV" and plan.in_parts:
            agenda.add(when, partial(_pay, world, bills[-1], 200_000, when + timedelta(minutes=25)))
        if step.action == "SIGNATURE_LAMEV" and plan.price_paid:
            later = opening(when + timedelta(days=draw.uniform(8, 38)))
            agenda.add(later, partial(_pay, world, bills[-1], bills[-1]["montant_total"], later))

    for step, wait in zip(plan.steps, waits, strict=True):
        at += timedelta(days=wait)
        agenda.add(opening(at), partial(act, step, opening(at)))


def _pay(world: World, bill: Row, amount: int, at: datetime) -> None:
    billing.pay(world, bill, at, amount, mode=billing.a_mode(world))


def last_hour(world: World, day: int) -> None:
    """Somebody is at work until the last minute: what is committed late has an older mark."""
    closing = BASE_DATE + timedelta(days=day, hours=18, minutes=50)
    billing.revise(world, world.rows("factures")[-1], closing)
    for table in ("entreprises", "lots", "paiement_factures"):
        world.update(table, world.rows(table)[-1], closing + timedelta(minutes=5))
