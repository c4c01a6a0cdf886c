"""Orders as they stand on day 0: 47 headers of roller shutters among 307, at scale 1.

Of the 47, 36 are what the workshop makes: 23 planned, 7 in production, 6 at glazing. The others are
the traps of the real system: an accessory that somebody tried out (`SOP_TEST`), a note that says
planned but goes on with "en attente", orders that are over or stopped, and two orders that stand
there a second time with another type.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from random import Random

from demo.commandes import people
from demo.commandes.world import (
    ACCESSORIES,
    BASE_DATE,
    BOXES,
    FREE_FIELDS,
    HEADERS,
    ITEMS,
    LOG,
    OPERATIONS,
    Row,
    World,
    moment,
)

PLANNED, STARTED, GLAZING = "cde Planifiee", "lancer en prod", "vitrage"
OVER = ("Terminee", "En cours", "Annulee", "Suspendue")
_STATUSES = (PLANNED, STARTED, GLAZING, *OVER)
EXTENSIONS = ("004", "H00", "Y00", "YG0", "X04", "ZP2")
# The same note in UTF-8, and as it looks when its bytes were read as Windows-1252.
NOTES = ("cde Planifiee", "cde Planifiée", "cde Planifiée".encode().decode("cp1252"))
WAITING_NOTE = "cde Planifiee - en attente"
TRIED_BOX = "SOP_TEST"
# They begin like boxes, and are none.
OTHER_ACCESSORIES = ("S TABLIER 55", "SEUIL 20", "STORE 120", "SPA 3", "POI STD", "PAR 12")
_ITEMS = ("FEN2V", "FEN1V", "PF2V", "COUL2", "PORTE1")
_STOCK_OPERATIONS = ("VR01", "010VR", "90-VR-STK")
_FIRST_NUMBER = 2_507_000


@dataclass(frozen=True)
class Plan:
    """What an order of day 0 is.

    Args:
        notes: what was noted about its planning, in order.
        codes: the codes of its accessories; each stands on an item of its own, or on the last one.
    """

    status: str
    notes: tuple[str, ...] = ()
    codes: tuple[str, ...] = ()
    in_stock: bool = False


def _shutters(draw: Random) -> list[Plan]:
    """The 45 plans of roller shutters; two more headers repeat one."""
    plans: list[Plan] = []
    for place, status in enumerate([PLANNED] * 23 + [STARTED] * 7 + [GLAZING] * 6):
        notes: tuple[str, ...] = (NOTES[place % 3],)
        if place % 9 == 4:
            notes = (WAITING_NOTE, *notes)
        elif place % 5 == 1:
            notes = (*notes, f"{NOTES[(place + 1) % 3]} semaine {46 + place % 4}")
        codes = draw.sample(BOXES, (1, 1, 1, 2, 1, 3)[place % 6])
        if place % 8 == 3:
            codes.append(TRIED_BOX)
        plans.append(Plan(status, notes, tuple(codes), in_stock=place % 3 == 0))
    plans += [Plan(PLANNED, (NOTES[place],), (TRIED_BOX,)) for place in range(2)]
    plans += [Plan(PLANNED, (WAITING_NOTE,), (code,)) for code in draw.sample(BOXES, 3)]
    plans += [Plan(status, (NOTES[1],), ("SOP 180",), in_stock=True) for status in OVER]
    return plans


def fill(world: World) -> None:
    """Make day 0."""
    for batch in range(world.scale):
        draw = world.random("past", batch)
        shutters = _shutters(draw)
        # Every fifth of the others was planned too: it has no box, so it is no roller shutter.
        others = [
            Plan(_STATUSES[place % 7], (NOTES[place % 3],) * (place % 5 == 0))
            for place in range(260)
        ]
        # An order that stands there twice is one of the first, which are selected.
        repeated = {id(plan) for plan in draw.sample(shutters[:36], 2)}
        past = [*shutters, *others]
        draw.shuffle(past)
        for plan in past:
            header = open_order(world, draw, plan, entered(draw))
            if id(plan) in repeated:
                repeat(world, draw, header, plan)


def entered(draw: Random) -> datetime:
    """When an order of the past came in."""
    return moment(-draw.randrange(4, 75), draw)


def open_order(
    world: World,
    draw: Random,
    plan: Plan,
    at: datetime,
    *,
    type_: str = "AB",
    of: Row | None = None,
) -> Row:
    """Write an order with all that belongs to it.

    Args:
        type_: the type of the order.
        of: the header whose number and extension it repeats.
    """
    if of is None:
        number, extension = _next_number(world, draw)
        key = f"{number}-{extension}"
    else:
        number, extension = of["AuNummer"], of["AuAlpha"]
        key = f"{of['ID']}-{type_}"
    customer_number, customer = people.customer(draw)
    resident = draw.choice(people.RESIDENTS)
    header = {
        "ID": key,
        "AuftragsTyp": type_,
        "AuNummer": number,
        "AuAlpha": extension,
        "KundenNr": customer_number,
        "KundenBez": customer,
        "Kommission": resident,
        "Bauvorhaben": f"Chantier {resident}",
        "Auftragsart": draw.choice(("NEUF", "RENO")),
        "FSystemGrp": draw.choice(("PVC70", "PVC76", "ALU65")),
        "AufStatus": plan.status,
        "Techniker": draw.choice(people.TECHNICIANS),
        "A_VorMwSt": Decimal(draw.randrange(20_000, 900_000)).scaleb(-2),
    }
    world.put(HEADERS, header)
    _lay_out(world, draw, key, plan, at)
    _write_log(world, draw, key, plan, at)
    return header


def _next_number(world: World, draw: Random) -> tuple[int, str]:
    """The number and extension of a new order; every fourth number may stand for two orders."""
    taken = _FIRST_NUMBER + world.last_number
    free = [one for one in EXTENSIONS if (f"{taken}-{one}",) not in world.tables[HEADERS]]
    if world.last_number % 4 or len(free) < len(EXTENSIONS) - 1 or draw.random() < 0.5:
        world.last_number += 1
        return taken + 1, draw.choice(EXTENSIONS)
    return taken, draw.choice(free)


def repeat(world: World, draw: Random, header: Row, plan: Plan) -> None:
    """Let an order stand there again, with another type; the workshop has only one of the two in
    stock.
    """
    other = replace(plan, in_stock=not plan.in_stock, codes=plan.codes[:1])
    at = moment(-2, draw)
    open_order(world, draw, other, at, type_="RE", of=header)


def _lay_out(world: World, draw: Random, order: str, plan: Plan, at: datetime) -> None:
    """Items with their accessories, free fields, operations."""
    count = draw.randrange(1, 5)
    for place in range(1, count + 1):
        item = {
            "ID": f"{order}/{place}",
            "ID_A_Kopf": order,
            "Position": place,
            "ArtikelID": draw.choice(_ITEMS),
            "Dim1": Decimal(draw.randrange(400, 2_600)),
            "Dim2": Decimal(draw.randrange(400, 2_400)),
            "Dim3": Decimal(70) if draw.random() < 0.5 else None,
        }
        world.put(ITEMS, item)
    for place, code in enumerate(plan.codes):
        position = min(place + 1, count)
        add_accessory(world, order, position, code, draw.randrange(1, 4))
        if place == 0 and count > 1:
            # The first box on a second item too.
            add_accessory(world, order, count, code, draw.randrange(1, 3))
    for code in draw.sample(OTHER_ACCESSORIES, 2):
        add_accessory(world, order, draw.randrange(1, count + 1), code, 1)
    _write_free_fields(world, draw, order, count, at)
    operations = ["010", "020", "030"]
    if plan.in_stock:
        operations.append(draw.choice(_STOCK_OPERATIONS))
    for number in operations:
        add_operation(world, draw, order, number, at)


def add_accessory(world: World, order: str, position: int, code: str, pieces: int) -> None:
    """One more accessory of an item."""
    taken = [row for row in world.of(ACCESSORIES, order) if row["Position"] == position]
    last = max((int(row["ZNr"]) for row in taken), default=0)
    row = {
        "ID_A_Kopf": order,
        "Position": position,
        "Kennung": "Z",
        "ZNr": str(last + 1),
        "ZCode": code,
        "Text": f"Accessoire {code}",
        "Stueck": Decimal(pieces),
    }
    world.put(ACCESSORIES, row)


def add_operation(world: World, draw: Random, order: str, number: str, at: datetime) -> None:
    """One more operation on an order."""
    row = {
        "ID_A_Kopf": order,
        "Nummer": number,
        "Bezeichnung": "Volet roulant du stock" if "VR" in number else f"Gamme {number}",
        "Datum": at.date(),
        "Zeit": at.strftime("%H:%M:%S"),
        "Benutzer": draw.choice(people.USERS),
        "NotizCode": None,
        "NotizText": f"Rappeler {draw.choice(people.RESIDENTS)}" if number == "020" else None,
        "CodeIntern": f"G{number[:3]}",
        "NLoesch": "0",
    }
    world.put(OPERATIONS, row)


def _write_free_fields(world: World, draw: Random, order: str, frames: int, at: datetime) -> None:
    """The set that counts, and for some a second one that only repeats a remark."""
    due = at.date() + timedelta(days=draw.randrange(15, 75))
    nothing = dict.fromkeys(("FeldInhalt", "Feld1", "Feld2", "Feld3", "Feld5"))
    first = {
        "ID_A_Kopf": order,
        "Nummer": "1",
        "FeldTyp": "T",
        **nothing,
        "Feld2": str(frames),
        "Feld3": written(draw, at.date()),
        "Feld5": written(draw, due) if draw.random() < 0.9 else "",
    }
    world.put(FREE_FIELDS, first)
    if draw.random() < 0.4:
        remark = f"Clé chez {draw.choice(people.RESIDENTS)}"
        second = {
            "ID_A_Kopf": order,
            "Nummer": "2",
            "FeldTyp": "T",
            **nothing,
            "FeldInhalt": remark,
        }
        world.put(FREE_FIELDS, second)


def written(draw: Random, day: date) -> str:
    """A day as people type it."""
    return day.strftime(draw.choice(("%d.%m.%Y", "%d.%m.%Y", "%d/%m/%Y", "%Y-%m-%d")))


def _write_log(world: World, draw: Random, order: str, plan: Plan, at: datetime) -> None:
    """What happened to the order, one entry a day."""
    last = BASE_DATE + timedelta(hours=18)
    entries = [("AN", "Création", None), ("PX", "Prix", "prix revu")]
    entries += [("ST", "Statut", note) for note in plan.notes]
    if plan.status != PLANNED:
        entries.append(("ST", "Statut", plan.status))
    for later, (code, label, note) in enumerate(entries):
        note_down(world, draw, order, min(at + timedelta(days=later), last), code, label, note)


def note_down(
    world: World, draw: Random, order: str, at: datetime, code: str, label: str, note: str | None
) -> None:
    """One more entry of the log."""
    world.last_entry += 1
    row = {
        "ID": f"L{world.last_entry:08d}",
        "ID_A_Kopf": order,
        "Code": code,
        "Bezeichnung": label,
        "Datum": at.date(),
        "Zeit": at.strftime("%H:%M:%S"),
        "Benutzer": draw.choice(people.USERS),
        "Notiz": note,
    }
    world.put(LOG, row)
