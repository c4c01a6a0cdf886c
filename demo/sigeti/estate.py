"""Companies and lots, with what is wrong in them.

Of 52 lots four bear the number 999 in four spellings, three are measured in hectares, one lies in
a test zone and one in none; 20 have an old holder (one of them an operator and no company), yet one
of the 20 was never marked 'occupé'. A reserved lot stays 'disponible': only `date_reservation` and
`delai_option` (days) tell. `zone_id` repeats `zone_industrielle_id`, where it was filled in.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from math import log

from demo.sigeti.reference import (
    REAL_ZONES,
    SECTORS,
    company_name,
    phone,
    square,
)
from demo.sigeti.shapes import dealt, double_encoded, spread
from demo.sigeti.world import BASE_DATE, Row, World, opening

COMPANIES, LOTS = 35, 52
LEGAL_FORMS = {"SA": 18, "SARL": 10, "SAS": 4, "SARLU": 2, "EURL": 1}
AREAS = (25, 16_347, 80_000)  # m2
PRICES = (2_000_000, 109_700_000, 1_000_000_000)  # FCFA
# By place in each 52 lots.
_SPELLINGS = {9: "LOT-999", 22: " LOT-999", 35: "LOT -999", 48: "L O T -999"}
_IN_HECTARES = (5, 21, 33)
_OLD_HOLDERS = 20
_OPENED = datetime(2023, 2, 1, 8, tzinfo=UTC)


def add_company(world: World, at: datetime, legal_form: str) -> Row:
    """A new company; one in six left its address to a browser with another code page."""
    number = world.turn("company")
    draw = world.random("company", number)
    name = company_name(number)
    address = f"{draw.randrange(1, 200)} boulevard de la République, Abidjan"
    return world.insert(
        "entreprises",
        at,
        raison_sociale=name,
        telephone=phone(draw),
        email=None if number % 9 == 4 else f"contact@societe{number + 1}.example",
        registre_commerce=f"CI-ABJ-{draw.randrange(1998, 2024)}-B-{draw.randrange(100, 99_999)}",
        compte_contribuable=f"{draw.randrange(1_000_000, 9_999_999)} {draw.choice('ABCDEFG')}",
        forme_juridique=legal_form,
        adresse=double_encoded(address) if number % 6 == 5 else address,
        date_constitution=at.replace(hour=0, minute=0, second=0)
        - timedelta(days=draw.randrange(30, 9_000)),
        domaine_activite_id=draw.randrange(1, len(SECTORS) + 1),
        entreprise_id=None,
        user_id=draw.randrange(100, 400),
    )


def found_companies(world: World) -> None:
    """The companies that are registered at the base date: 60 % when the application opened."""
    draw = world.random("companies")
    forms = dealt(draw, LEGAL_FORMS, world.scale)
    early = len(forms) * 6 // 10
    days = sorted(draw.uniform(0, 110) for _ in range(early))
    days += sorted(
        draw.uniform(120, (BASE_DATE - _OPENED).days - 1) for _ in range(len(forms) - early)
    )
    for form, day in zip(forms, days, strict=True):
        add_company(world, opening(_OPENED + timedelta(days=day)), form)


def lay_out_lots(world: World) -> None:
    """The lots at the opening, with the old holders of some."""
    draw = world.random("lots")
    count = LOTS * world.scale
    areas = spread(draw, count, AREAS)
    # Greater lots cost more, on the whole.
    ranks = [log(area) + draw.gauss(0, 0.7) for area in areas]
    by_rank = sorted(range(count), key=ranks.__getitem__)
    prices = dict(zip(by_rank, sorted(spread(draw, count, PRICES, unit=100_000)), strict=True))
    shares = {str(place): zone[-1] for place, zone in enumerate(REAL_ZONES, start=1)}
    zones = dealt(draw, {**shares, str(len(REAL_ZONES) + 1): 1, "": 1}, world.scale)
    held = dealt(draw, {"held": _OLD_HOLDERS, "": LOTS - _OLD_HOLDERS}, world.scale)
    for place in range(count):
        at = _OPENED + timedelta(days=121, minutes=place % 600)
        lot = add_lot(
            world,
            at,
            zone=int(zones[place]) if zones[place] else None,
            area=areas[place],
            price=prices[place],
        )
        if held[place]:
            _hold(world, lot, at)


def add_lot(world: World, at: datetime, *, zone: int | None, area: int, price: int) -> Row:
    """A new lot that nobody holds."""
    number = world.turn("lot")
    place = number % LOTS
    draw = world.random("lot", number)
    in_hectares = place in _IN_HECTARES
    longitude, latitude = -4.0 - draw.random() / 5, 5.25 + draw.random() / 5
    about = draw.choice(("Terrain plat, accès bitumé", "Terrain à remblayer", "Angle aménagé"))
    return world.insert(
        "lots",
        at,
        numero=_SPELLINGS.get(place, f"LOT-{number + 1:03d}"),
        ilot=f"ILOT {draw.randrange(1, 40)}",
        superficie=Decimal(area).scaleb(-4).quantize(Decimal("0.01")) + Decimal("0.01")
        if in_hectares
        else Decimal(area),
        unite_mesure="ha" if in_hectares else "m2",
        prix=price,
        statut="disponible",
        priorite=draw.choice(("haute", "normale", "normale", "basse")),
        viabilite=None if place == 17 else draw.random() < 0.7,
        description=double_encoded(about) if place % 8 == 3 else about,
        coordonnees={"longitude": round(longitude, 5), "latitude": round(latitude, 5)},
        zone_industrielle_id=zone,
        zone_id=zone if place % 3 == 0 else None,
        entreprise_id=None,
        operateur_id=None,
        date_acquisition=None,
        date_reservation=None,
        delai_option=None,
        polygon=square(round(longitude, 5), round(latitude, 5), 0.0006),
        location=f"({longitude:.5f},{latitude:.5f})",
    )


def _hold(world: World, lot: Row, at: datetime) -> None:
    turn = world.turn("held") % _OLD_HOLDERS
    draw = world.random("holder", lot["id"])
    early = COMPANIES * world.scale * 6 // 10
    since = datetime(draw.randrange(2006, 2023), draw.randrange(1, 13), 15, 10, tzinfo=UTC)
    holder = {"operateur_id": 1 + lot["id"] % (4 * world.scale)}
    if turn != 7:
        holder = {"entreprise_id": draw.randrange(1, early + 1)}
    status = "disponible" if turn == 13 else "occupé"
    world.update("lots", lot, at, statut=status, date_acquisition=since, **holder)


def is_free(lot: Row) -> bool:
    """Whether a request may name the lot."""
    return lot["statut"] == "disponible" and lot["entreprise_id"] is None
