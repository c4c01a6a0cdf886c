"""What happens on a day: the changes of a living application, each kind every day.

At scale 1 each kind happens once, unless its page says otherwise; at scale S about S / 5 times.
Most of it shows in `updated_at`, and this does not: deletes; a late commit, which appears with a
mark of the day before, older than what was there already; a correction that keeps its mark or
takes an older one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from random import Random

from demo.sigeti import billing, campaigns, estate
from demo.sigeti.base import last_hour
from demo.sigeti.reference import REAL_ZONES, phone
from demo.sigeti.workflow import (
    COMMISSIONS,
    COURSE,
    corrected,
    next_step,
    open_request,
    refused,
    take,
)
from demo.sigeti.world import BASE_DATE, MARKS, Row, World, moment

_LATE = timedelta(days=90)  # an invoice that is older is paid late


def pass_day(world: World, day: int) -> None:
    """Let one day happen (1 is the day after the base date)."""
    times = max(1, world.scale // 5)
    for change in CHANGES:
        draw = world.random("day", day, change.__name__)
        for _ in range(times):
            change(world, day, draw)
    last_hour(world, day)
    for change in UNSEEN:
        draw = world.random("day", day, change.__name__)
        for _ in range(times):
            change(world, day, draw)


def _pick(draw: Random, rows: Iterable[Row]) -> Row | None:
    """One of the rows, or nothing."""
    found = list(rows)
    return draw.choice(found) if found else None


def _before(world: World, table: str, day: int, *, untouched: bool = False) -> list[Row]:
    """The rows that were there before that day; with `untouched`, those it has not changed yet."""
    start = BASE_DATE + timedelta(days=day)
    made, changed = MARKS[table] or ("", "")
    return [row for row in world.rows(table) if row[changed if untouched else made] < start]


def _open_bills(world: World) -> list[Row]:
    return [
        row
        for row in world.tables["factures"].values()
        if row["statut"] == "En attente" and not row["is_deleted"]
    ]


# Inserts


def _company_comes(world: World, day: int, draw: Random) -> None:
    """A company registers."""
    forms = list(estate.LEGAL_FORMS)
    form = draw.choices(forms, list(estate.LEGAL_FORMS.values()))[0]
    estate.add_company(world, moment(day, draw), form)


def _request_comes(world: World, day: int, draw: Random) -> None:
    """A request arrives for one to three free lots; one in eight for land outside the zones."""
    at = moment(day, draw)
    free = [lot for lot in world.rows("lots") if estate.is_free(lot)]
    count = 0 if draw.random() < 0.125 else draw.choice((1, 2, 2, 3))
    lots = draw.sample(free, min(count, len(free)))
    zone = lots[0]["zone_industrielle_id"] if lots else None
    company = draw.choice(world.rows("entreprises"))
    take(world, open_request(world, at, company, lots, zone=zone), COURSE[0], at)


def _lot_is_laid_out(world: World, day: int, draw: Random) -> None:
    """Every fourth day a lot is added."""
    if day % 4 == 1:
        estate.add_lot(
            world,
            moment(day, draw),
            zone=draw.randrange(1, len(REAL_ZONES) + 1),
            area=draw.randrange(2_000, 40_000),
            price=draw.randrange(20, 300) * 1_000_000,
        )


def _dues_are_billed(world: World, day: int, draw: Random) -> None:
    """Two invoices of an open campaign; one begins when there is none, or every tenth day."""
    at = moment(day, draw)
    campaign = _pick(draw, _running(world, at))
    if campaign is None or day % 10 == 7:
        zone = draw.randrange(1, len(REAL_ZONES) + 1)
        target = draw.randrange(50, 900) * 1_000_000
        campaign = campaigns.open_campaign(world, at, target, at, 90, (zone,))
    for later in range(2):
        total = round(draw.lognormvariate(16.5, 1.4) / 500) * 500 + 50_000
        when = at + timedelta(minutes=later * 9)
        campaigns.bill_dues(world, campaign, when, min(total, billing.MOST))
    if not campaign["factures_generees"]:
        world.update("collectes", campaign, at, factures_generees=True, date_generation_factures=at)


def _running(world: World, at: datetime) -> list[Row]:
    return [
        row
        for row in world.tables["collectes"].values()
        if row["statut_cloture"] == "ouverte" and row["date_debut"] <= at
    ]


# Updates


def _requests_move(world: World, day: int, draw: Random) -> None:
    """Three requests take their next step, the furthest first; some are refused, one corrected."""
    under_way = [r for r in world.rows("demandes_attribution") if r["statut"] == "EN_COURS"]
    chosen = sorted(under_way, key=lambda row: (-row["etape_courante"], row["id"]))[:1]
    chosen += draw.sample(under_way, min(2, len(under_way)))
    for place, request in enumerate(chosen):
        if request["statut"] != "EN_COURS":
            continue  # drawn twice, and over since
        step = next_step(world, request)
        at = moment(day, draw, 9 + place, 10 + place)
        if step.action in COMMISSIONS:
            # One sitting a day of each kind.
            hour = 15 if COMMISSIONS[step.action] == "INTERNE" else 16
            at = BASE_DATE + timedelta(days=day, hours=hour)
        judged = step.category in ("VERIFICATION", "COMMISSION")
        if (judged or step.action == "ANALYSE_RECEVABILITE") and draw.random() < 0.12:
            step = refused(step)
        take(world, request, step, at)
    back = _pick(
        draw, (r for r in world.rows("demandes_attribution") if r["statut"] == "DOCUMENTS_REJETES")
    )
    if back is not None and day % 2:
        check = next(step for step in COURSE if step.source == back["etape_courante"])
        take(world, back, corrected(check), moment(day, draw, 16, 17))


def _price_changes(world: World, day: int, draw: Random) -> None:
    """A lot is valued anew."""
    lot = draw.choice(_before(world, "lots", day))
    price = int(round(lot["prix"] * draw.uniform(1.02, 1.2), -5))
    world.update("lots", lot, moment(day, draw), prix=price)


def _company_changes(world: World, day: int, draw: Random) -> None:
    """A company moves, and has another number; every third day one changes its legal form."""
    company = draw.choice(_before(world, "entreprises", day))
    values = {"adresse": f"{draw.randrange(1, 200)} rue du Commerce, Abidjan"}
    values["telephone"] = phone(draw)
    if day % 3 == 0:
        values["forme_juridique"] = "SA" if company["forme_juridique"] != "SA" else "SAS"
    world.update("entreprises", company, moment(day, draw), **values)


def _pay(world: World, bill: Row, at: datetime, amount: int) -> None:
    """A payment, which counts for the campaign that the invoice comes from."""
    billing.pay(world, bill, at, amount, mode=billing.a_mode(world))
    campaign = world.tables["collectes"].get(bill["collecte_id"] or 0)
    if campaign is not None and campaign["statut_cloture"] == "ouverte":
        sum_ = min(campaign["montant_recouvre"] + amount, campaign["montant_a_recouvrer"])
        full = sum_ == campaign["montant_a_recouvrer"]
        status = "recouvree" if full else "partiellement_recouvree"
        world.update("collectes", campaign, at, montant_recouvre=sum_, status=status)


def _bill_is_paid(world: World, day: int, draw: Random) -> None:
    """A recent invoice is paid in full."""
    since = BASE_DATE + timedelta(days=day) - _LATE
    bill = _pick(draw, (row for row in _open_bills(world) if row["date_creation"] >= since))
    if bill is not None and (rest := billing.remaining(world, bill)) > 0:
        _pay(world, bill, moment(day, draw), rest)


def _bill_is_paid_late(world: World, day: int, draw: Random) -> None:
    """An old invoice is paid, mostly in part."""
    since = BASE_DATE + timedelta(days=day) - _LATE
    bill = _pick(draw, (row for row in _open_bills(world) if row["date_creation"] < since))
    if bill is not None and (rest := billing.remaining(world, bill)) > 0:
        share = draw.choice((0.25, 0.5, 0.5, 1))
        _pay(world, bill, moment(day, draw), max(1, round(rest * share)))


def _payment_is_announced(world: World, day: int, draw: Random) -> None:
    """A payment is announced, and one that was announced before is confirmed."""
    waiting = [r for r in world.rows("paiement_factures") if r["statut"] == "en_attente"]
    payment = _pick(draw, waiting)
    at = moment(day, draw)
    if payment is not None:
        mode = draw.choice(("chèque", "Chèque", "espèces"))
        world.update("paiement_factures", payment, at, statut="Réussi", mode_paiement=mode)
        billing.conclude(world, world.tables["factures"][payment["facture_id"]], at)
    bill = _pick(draw, _open_bills(world))
    if bill is not None and (rest := billing.remaining(world, bill)) > 1:
        billing.pay(world, bill, at, rest // 2, pending=True)


def _bill_is_paid_twice(world: World, day: int, draw: Random) -> None:
    """Every fifth day an invoice that is paid is paid once more."""
    paid = (row for row in world.rows("factures") if row["statut"] == "Payée")
    if day % 5 == 3 and (bill := _pick(draw, paid)) is not None:
        billing.pay(world, bill, moment(day, draw), min(100_000, int(bill["montant_total"])))


def _bill_is_cancelled(world: World, day: int, draw: Random) -> None:
    """Every third day an open invoice without payments is cancelled."""
    if day % 3 == 2:
        bare = (row for row in _open_bills(world) if not billing.payments_of(world, row))
        bill = _pick(draw, bare)
        if bill is not None:
            billing.revise(world, bill, moment(day, draw), statut="Annulée")


def _bill_is_put_away(world: World, day: int, draw: Random) -> None:
    """An invoice of an earlier day that is open or cancelled is deleted, softly."""
    bill = _pick(
        draw,
        (
            row
            for row in _before(world, "factures", day)
            if row["statut"] in ("En attente", "Annulée") and not row["is_deleted"]
        ),
    )
    # Some open invoices must stay, or nothing would be left to pay.
    if bill is not None and len(_open_bills(world)) > 5:
        at = moment(day, draw)
        billing.revise(world, bill, at, is_deleted=True, deleted_at=at)


def _campaign_ends(world: World, day: int, draw: Random) -> None:
    """A campaign is closed ten days after its planned end."""
    at = moment(day, draw)
    over = (c for c in _running(world, at) if c["date_fin_prevue"] < at - timedelta(days=10))
    if (campaign := _pick(draw, over)) is not None:
        values = {"statut_cloture": "cloturee", "date_cloture": at, "cloture_par": 101}
        world.update("collectes", campaign, at, **values)


# Deletes


def _line_is_deleted(world: World, day: int, draw: Random) -> None:
    """An invoice line vanishes."""
    row = _pick(draw, _before(world, "detail_factures", day))
    if row is not None:
        world.delete("detail_factures", row)


def _payment_is_deleted(world: World, day: int, draw: Random) -> None:
    """A payment vanishes; its invoice keeps the status that it has."""
    row = _pick(draw, _before(world, "paiement_factures", day))
    if row is not None:
        world.delete("paiement_factures", row)


def _lot_is_given_up(world: World, day: int, draw: Random) -> None:
    """A request under way keeps one lot less; it never gives up its only one."""
    links = [
        row
        for row in _before(world, "demande_attribution_lots", day)
        if row["ordre"] > 1
        and world.tables["demandes_attribution"][row["demande_attribution_id"]]["statut"]
        != "VALIDE"
    ]
    row = _pick(draw, links)
    if row is not None:
        world.delete("demande_attribution_lots", row)


# What no mark tells


def _commit_is_late(world: World, day: int, draw: Random) -> None:
    """A long transaction of the day before ends: company, invoice, payment and a price."""
    at = moment(day - 1, draw, 10, 16)
    company = estate.add_company(world, at, "SARL")
    total = draw.randrange(2, 40) * 500_000
    bill = billing.invoice(
        world,
        at,
        "COLLECTE_DROIT",
        total,
        [(campaigns.LABEL, round(total / (1 + billing.TAX)))],
        entreprise_id=company["id"],
    )
    billing.pay(world, bill, at, total // 4, mode="chèque")
    lot = _pick(draw, (row for row in world.rows("lots") if row["updated_at"] < at))
    if lot is not None:
        world.update("lots", lot, at, prix=int(round(lot["prix"] * 0.95, -5)))


def _row_is_corrected(world: World, day: int, draw: Random) -> None:
    """A script corrects amounts and leaves their marks; a request is restored with an older one."""
    payment = _pick(draw, _before(world, "paiement_factures", day, untouched=True))
    if payment is not None:
        amount = int(payment["montant"])
        world.update("paiement_factures", payment, None, montant=max(1, amount - amount // 20))
    requests = [
        row
        for row in _before(world, "demandes_attribution", day, untouched=True)
        if row["updated_at"] - row["created_at"] > timedelta(days=1)
    ]
    request = _pick(draw, requests)
    if request is not None:
        older = request["updated_at"] - timedelta(hours=draw.randrange(2, 20))
        money = {**request["financement"]}
        money["montantTotal"] = int(round(money["montantTotal"] * 1.1, -6))
        world.update("demandes_attribution", request, older, financement=money)


Change = Callable[[World, int, Random], None]

CHANGES: tuple[Change, ...] = (
    *(_company_comes, _request_comes, _lot_is_laid_out, _dues_are_billed),
    *(_requests_move, _price_changes, _company_changes, _bill_is_paid, _bill_is_paid_late),
    *(_payment_is_announced, _bill_is_paid_twice, _bill_is_cancelled, _bill_is_put_away),
    *(_campaign_ends, _line_is_deleted, _payment_is_deleted, _lot_is_given_up),
)
# After the day's last hour, whose marks they do not reach.
UNSEEN: tuple[Change, ...] = (_commit_is_late, _row_is_corrected)
