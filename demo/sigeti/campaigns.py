"""Campaigns that recover the dues of a zone, and what their invoices became.

Six campaigns: two closed, two open, two that only begin in February 2026 (one put off). One names
two zones and one none, which is why six links join six campaigns to zones. Of 42 invoices 27 come
from campaigns; of these nine are 'Payée' (three without a payment date), three 'Annulée', one
'Échouée', one 'Remboursée'; four have no due date and two were deleted (softly).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from random import Random

from demo.sigeti import billing
from demo.sigeti.shapes import dealt, spread
from demo.sigeti.world import Row, World, opening

Add = Callable[[datetime, Callable[[], None]], None]

TARGETS = (5_000_000, 346_000_000, 1_320_000_000)
# The middle is that of all invoices; those of campaigns are greater than fees.
AMOUNTS = (50_000, 15_500_000, 400_000_000)
_RANK = 0.37
LABEL = "Redevance annuelle d'occupation"


@dataclass(frozen=True)
class _Shape:
    """What one of six campaigns was like."""

    begins: datetime
    lasts: int  # days
    zones: tuple[int, ...]
    invoices: int
    status: str
    closed: bool = False


_PAST = (
    _Shape(datetime(2025, 2, 3, 8, tzinfo=UTC), 90, (1,), 8, "recouvree", closed=True),
    _Shape(
        datetime(2025, 4, 1, 8, tzinfo=UTC), 60, (2,), 8, "partiellement_recouvree", closed=True
    ),
    _Shape(datetime(2025, 6, 2, 8, tzinfo=UTC), 200, (4, 1), 7, "partiellement_recouvree"),
    _Shape(datetime(2025, 8, 4, 8, tzinfo=UTC), 120, (3,), 4, "non_recouvree"),
    _Shape(datetime(2026, 2, 2, 8, tzinfo=UTC), 60, (5,), 0, "non_recouvree"),
    _Shape(datetime(2026, 2, 16, 8, tzinfo=UTC), 60, (), 0, "reportee"),
)

# What became of 27 invoices. The number after `part` is what was paid, in FCFA.
_OUTCOMES = {
    "paid": 5,
    "paid no due date": 1,
    "undated pending": 2,
    "undated": 1,
    "part 150000": 1,
    "part 250000": 1,
    "pending 300000": 2,
    "open": 5,
    "open deleted": 1,
    "open no due date": 3,
    "Annulée": 2,
    "Annulée deleted": 1,
    "Échouée": 1,
    "Remboursée": 1,
}


def past(world: World, add: Add, end: datetime) -> None:
    """Put the campaigns on the agenda, each with its invoices and what became of them."""
    draw = world.random("campaigns")
    targets = spread(draw, len(_PAST) * world.scale, TARGETS, unit=1_000_000)
    count = sum(shape.invoices for shape in _PAST) * world.scale
    amounts = spread(draw, count, AMOUNTS, rank=_RANK, unit=500)
    outcomes = dealt(draw, _OUTCOMES, world.scale)
    _fit(amounts, outcomes)
    bills = iter(zip(amounts, outcomes, strict=True))
    for place, target in enumerate(targets):
        shape = _PAST[place % len(_PAST)]
        start = shape.begins + timedelta(days=place // len(_PAST) % 20)
        made = min(start - timedelta(days=draw.randrange(8, 20)), end - timedelta(days=9))
        own = [next(bills) for _ in range(shape.invoices)]
        add(made, partial(_run, world, add, end, shape, target, made, start, own))


def _fit(amounts: list[int], outcomes: list[str]) -> None:
    """A part is less than the whole: give invoices that were paid in part a greater amount."""
    for place, outcome in enumerate(outcomes):
        if outcome[-1].isdigit() and amounts[place] < 1_000_000:
            other = next(
                at
                for at, amount in enumerate(amounts)
                if amount > 2_000_000 and not outcomes[at][-1].isdigit()
            )
            amounts[place], amounts[other] = amounts[other], amounts[place]


def open_campaign(
    world: World, at: datetime, target: int, start: datetime, lasts: int, zones: Sequence[int]
) -> Row:
    """A new campaign, with its zones and two agents; no invoice yet."""
    draw = world.random("campaign", world.turn("campaign"))
    companies = _companies_in(world, zones, draw)
    campaign = world.insert(
        "collectes",
        at,
        reference=world.reference("COL", at),
        libelle=f"Recouvrement des redevances {start.year}",
        montant_a_recouvrer=target,
        montant_recouvre=0,
        date_debut=start,
        date_fin_prevue=start + timedelta(days=lasts),
        status="non_recouvree",
        statut_cloture="ouverte",
        date_cloture=None,
        cloture_par=None,
        entreprises_selectionnees=companies,
        factures_generees=False,
        date_generation_factures=None,
        cree_par=draw.randrange(100, 400),
    )
    for zone in zones:
        world.insert("collecte_zones", at, collecte_id=campaign["id"], zone_industrielle_id=zone)
    agents = draw.sample(sorted(world.tables["agents"]), 2)
    for agent, role in zip(agents, ("responsable", "assistant"), strict=True):
        world.insert("collecte_agents", at, collecte_id=campaign["id"], agent_id=agent, role=role)
    return campaign


def _companies_in(world: World, zones: Sequence[int], draw: Random) -> list[int]:
    """Ids of companies that hold a lot in the zones; any, if there are too few."""
    found = sorted(
        {
            lot["entreprise_id"]
            for lot in world.tables["lots"].values()
            if lot["entreprise_id"] is not None and lot["zone_industrielle_id"] in zones
        }
    )
    if len(found) < 3:
        found = sorted(draw.sample(sorted(world.tables["entreprises"]), 8))
    return found


def bill_dues(
    world: World, campaign: Row, at: datetime, total: int, *, due_days: int | None = 30
) -> Row:
    """Invoice a company of a campaign; two in five invoices come with their line."""
    turn = world.turn("dues")
    draw = world.random("dues", turn)
    lines = [(LABEL, round(total / (1 + billing.TAX)))] if turn * 11 % 27 < 11 else []
    return billing.invoice(
        world,
        at,
        "COLLECTE_DROIT",
        total,
        lines,
        due_days=due_days,
        collecte_id=campaign["id"],
        entreprise_id=draw.choice(campaign["entreprises_selectionnees"]),
    )


def _run(
    world: World,
    add: Add,
    end: datetime,
    shape: _Shape,
    target: int,
    made: datetime,
    start: datetime,
    bills: Sequence[tuple[int, str]],
) -> None:
    """One campaign: opened, invoiced within a week, and what it had recovered at last."""
    campaign = open_campaign(world, made, target, start, shape.lasts, shape.zones)
    draw = world.random("run", campaign["id"])
    for place, (amount, outcome) in enumerate(bills):
        at = start + timedelta(hours=place % 8, minutes=draw.randrange(60))
        add(at, partial(_bill, world, add, end, campaign, at, amount, outcome))
    if bills:
        world.update(
            "collectes", campaign, made, factures_generees=True, date_generation_factures=start
        )
    recovered = {"recouvree": 1.0, "partiellement_recouvree": draw.uniform(0.2, 0.8)}
    values = {
        "status": shape.status,
        "montant_recouvre": int(round(target * recovered.get(shape.status, 0), -3)),
    }
    over = start + timedelta(days=shape.lasts + draw.randrange(0, 12), hours=8)
    if shape.closed:
        values |= {"statut_cloture": "cloturee", "date_cloture": over, "cloture_par": 101}
    at = over if shape.closed else end - timedelta(days=draw.randrange(2, 8))
    add(at, partial(world.update, "collectes", campaign, at, **values))


def _bill(
    world: World, add: Add, end: datetime, campaign: Row, at: datetime, amount: int, outcome: str
) -> None:
    draw = world.random("outcome", world.turn("outcome"))
    due_days = None if "no due date" in outcome else 30
    bill = bill_dues(world, campaign, at, amount, due_days=due_days)
    # Some pay before the due date, some long after it, all before the base date.
    later = at + timedelta(days=draw.triangular(3, min(140, (end - at).days - 1), 25))
    later = opening(later)
    add(later, partial(_end, world, bill, later, outcome))


def _end(world: World, bill: Row, at: datetime, outcome: str) -> None:
    """What became of an invoice of a campaign."""
    kind, _, rest = outcome.partition(" ")
    if kind == "paid":
        billing.pay(world, bill, at, bill["montant_total"], mode=billing.a_mode(world))
    elif kind == "undated":
        # A clerk set the status; the payment is not confirmed, or was never entered.
        billing.revise(world, bill, at, statut="Payée")
        if rest == "pending":
            billing.pay(world, bill, at, bill["montant_total"], pending=True)
    elif kind == "part":
        billing.pay(world, bill, at, int(rest), mode=billing.a_mode(world))
    elif kind == "pending":
        billing.pay(world, bill, at, int(rest), pending=True)
    elif kind in ("Annulée", "Échouée", "Remboursée"):
        billing.revise(world, bill, at, statut=kind)
    if rest == "deleted":
        billing.revise(world, bill, at, is_deleted=True, deleted_at=at)
