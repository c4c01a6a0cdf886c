"""What happens in the order system on a day: each kind of change, unless its page says when.

At scale S each happens S times. Headers, accessories, operations and free fields have no mark of
change at all; in the log, an entry that is put right or taken back keeps its day.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from random import Random

from demo.commandes.orders import (
    GLAZING,
    NOTES,
    OVER,
    PLANNED,
    STARTED,
    WAITING_NOTE,
    Plan,
    add_accessory,
    add_operation,
    note_down,
    open_order,
    repeat,
    written,
)
from demo.commandes.world import (
    ACCESSORIES,
    BASE_DATE,
    BOXES,
    FREE_FIELDS,
    HEADERS,
    LOG,
    OPERATIONS,
    Row,
    World,
    moment,
)

ENDED, OPEN, CANCELLED, STOPPED = OVER


def pass_day(world: World, day: int) -> None:
    """Let one day happen (1 is the day after the base date)."""
    for change in CHANGES:
        draw = world.random("day", day, change.__name__)
        for _ in range(world.scale):
            change(world, day, draw)


def _to_status(world: World, draw: Random, day: int, order: Row, status: str, note: str) -> None:
    world.put(HEADERS, {**order, "AufStatus": status})
    note_down(world, draw, order["ID"], moment(day, draw), "ST", "Statut", note)


def _orders_come(world: World, day: int, draw: Random) -> None:
    """Two roller shutters, one of them planned at once, and four other orders."""
    codes = tuple(draw.sample(BOXES, 2))
    open_order(world, draw, Plan(OPEN, (), codes[:1], in_stock=True), moment(day, draw))
    open_order(world, draw, Plan(PLANNED, (draw.choice(NOTES),), codes), moment(day, draw))
    for _ in range(4):
        open_order(world, draw, Plan(OPEN), moment(day, draw))


def _order_is_planned(world: World, day: int, draw: Random) -> None:
    """An order that was open is planned; every third day the entry was made the day before."""
    if found := world.shutters(OPEN):
        order = draw.choice(found)
        late = day % 3 == 0
        _to_status(world, draw, day - late, order, PLANNED, draw.choice(NOTES))


def _orders_move(world: World, day: int, draw: Random) -> None:
    """One order goes into production, one to glazing, one is over."""
    for status, following in ((GLAZING, ENDED), (STARTED, GLAZING), (PLANNED, STARTED)):
        if found := world.shutters(status):
            _to_status(world, draw, day, draw.choice(found), following, following)


def _order_is_stopped(world: World, day: int, draw: Random) -> None:
    """A planned order is cancelled on odd days, suspended on even ones."""
    if found := world.shutters(PLANNED):
        status, note = (CANCELLED, "annulée") if day % 2 else (STOPPED, WAITING_NOTE)
        _to_status(world, draw, day, draw.choice(found), status, note)


def _order_waits(world: World, day: int, draw: Random) -> None:
    """An order comes whose only note says that it waits."""
    plan = Plan(PLANNED, (WAITING_NOTE,), (draw.choice(BOXES),))
    open_order(world, draw, plan, moment(day, draw))


def _boxes_change(world: World, day: int, draw: Random) -> None:
    """One order gets another box, one loses its first, one has one piece more."""
    order = draw.choice(world.shutters())
    add_accessory(world, order["ID"], 1, draw.choice(BOXES), 1)
    world.remove(ACCESSORIES, world.boxes(draw.choice(world.shutters()))[0])
    box = world.boxes(draw.choice(world.shutters()))[0]
    world.put(ACCESSORIES, {**box, "Stueck": box["Stueck"] + 1})


def _stock_changes(world: World, day: int, draw: Random) -> None:
    """One order is taken from stock, one no longer."""
    live = world.shutters(PLANNED, STARTED, GLAZING)
    made = [order for order in live if not _from_stock(world, order)]
    if made:
        add_operation(world, draw, draw.choice(made)["ID"], "VR90", moment(day, draw))
    taken = [order for order in live if _from_stock(world, order)]
    if taken:
        for row in _from_stock(world, draw.choice(taken)):
            world.remove(OPERATIONS, row)


def _from_stock(world: World, order: Row) -> list[Row]:
    return [row for row in world.of(OPERATIONS, order["ID"]) if "VR" in row["Nummer"]]


def _delivery_is_put_off(world: World, day: int, draw: Random) -> None:
    """An order is delivered later, and costs more."""
    order = draw.choice(world.shutters())
    world.put(HEADERS, {**order, "A_VorMwSt": order["A_VorMwSt"] + 35})
    fields = world.of(FREE_FIELDS, order["ID"])[0]
    due = BASE_DATE.date() + timedelta(days=day + draw.randrange(5, 40))
    world.put(FREE_FIELDS, {**fields, "Feld5": written(draw, due)})


def _log_is_put_right(world: World, day: int, draw: Random) -> None:
    """A note that said "en attente" no longer does; every second day one is taken back."""
    waiting, planned = [], []
    for order in world.shutters(PLANNED):
        for row in world.of(LOG, order["ID"]):
            if row["Notiz"] == WAITING_NOTE:
                waiting.append(row)
            elif row["Notiz"] in NOTES:
                planned.append(row)
    if waiting:
        world.put(LOG, {**draw.choice(waiting), "Notiz": NOTES[day % 3]})
    if planned and day % 2 == 0:
        world.remove(LOG, draw.choice(planned))


def _order_is_repeated(world: World, day: int, draw: Random) -> None:
    """Every second day a planned order stands there again with another type."""
    once = [
        order
        for order in world.shutters(PLANNED)
        if order["AuftragsTyp"] == "AB" and (f"{order['ID']}-RE",) not in world.tables[HEADERS]
    ]
    if day % 2 and once:
        order = draw.choice(once)
        code = world.boxes(order)[0]["ZCode"]
        plan = Plan(PLANNED, (NOTES[1],), (code,), in_stock=bool(_from_stock(world, order)))
        repeat(world, draw, order, plan)


def _orders_vanish(world: World, day: int, draw: Random) -> None:
    """A roller shutter and another order are deleted, with all that belongs to them."""
    world.remove(HEADERS, draw.choice(world.shutters()))
    headers = world.headers()
    while world.boxes(other := draw.choice(headers)):
        pass
    world.remove(HEADERS, other)


CHANGES: tuple[Callable[[World, int, Random], None], ...] = (
    _orders_come,
    _order_is_planned,
    _orders_move,
    _order_is_stopped,
    _order_waits,
    _boxes_change,
    _stock_changes,
    _delivery_is_put_off,
    _log_is_put_right,
    _order_is_repeated,
    _orders_vanish,
)
