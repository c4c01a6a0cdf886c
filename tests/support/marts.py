"""What the marts must hold, in plain Python, from the facts of the oracle (docs/tourisme.md)."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise
from typing import Any

from tests.support import oracle
from tests.support.books import Books, Cell, Day, books, evolution, rounded
from tests.support.familles import UNKNOWN
from tests.support.house import House
from tests.support.inbox import Event

NIGHTS = {"N01": 1, "N02": 2, "N13P": 13}
FRENCH, ABROAD = ("NONLOCAL",), ("ETRANGER",)
VISITORS = FRENCH + ABROAD

Table = dict[tuple[Any, ...], tuple[Any, ...]]


def tables(house: House, sightings: Sequence[Event]) -> dict[str, Table]:
    """Mart -> key -> the values that are calculated, in the order of `COLUMNS`."""
    opened = books(house, sightings)
    return {
        "mart_tourisme_frequentation_jour": frequentation(opened),
        "mart_tourisme_indicateurs": indicators(opened),
        "mart_tourisme_provenances": origins(opened),
        "mart_tourisme_sejours": stays(opened),
        "mart_tourisme_mobilite": mobility(opened),
        "mart_tourisme_couverture": coverage(opened),
        "mart_tourisme_provisoire": provisional(opened, sightings),
    }


COLUMNS = {
    "mart_tourisme_frequentation_jour": (
        ("code_zone", "date_jour", "code_provenance", "code_categorie"),
        ("nuitees", "presences", "est_provisoire"),
    ),
    "mart_tourisme_indicateurs": (
        ("code_zone", "annee", "code_periode", "code_indicateur"),
        (
            *("valeur", "date_valeur", "valeur_n1", "valeur_n2", "valeur_n3", "valeur_n4"),
            *("evolution", "evolution_n1", "evolution_n2", "evolution_n3"),
            *("jours_observes", "est_provisoire"),
        ),
    ),
    "mart_tourisme_provenances": (
        ("code_zone", "annee", "code_periode", "mesure", "type_origine", "code_origine"),
        ("rang", "volume", "part", "volume_n1", "evolution", "est_nouvelle"),
    ),
    "mart_tourisme_sejours": (
        ("code_zone", "annee", "code_periode", "origine", "code_duree"),
        ("nb_nuits", "volume", "part", "duree_moyenne"),
    ),
    "mart_tourisme_mobilite": (
        ("code_zone", "annee", "code_periode", "rang"),
        ("code_commune", "volume", "volume_n1", "evolution"),
    ),
    # What was delivered; what is missing is asked of the seeds and has dbt tests of its own.
    "mart_tourisme_couverture": (
        ("code_zone", "famille", "code_bimestre"),
        ("etat", "jours_consolides", "jours_provisoires", "premier_jour", "dernier_jour"),
    ),
    "mart_tourisme_provisoire": (
        ("code_zone", "famille", "date_jour", "code_provenance", "code_categorie"),
        ("volume_provisoire", "volume_consolide", "ecart", "ecart_relatif"),
    ),
}
ONLY = {"mart_tourisme_couverture": "etat in ('consolide', 'provisoire')"}


def frequentation(opened: Books) -> Table:
    """Nights and presence by zone, day, origin and category."""
    found: dict[tuple[Any, ...], list[Any]] = {}
    for column, family in enumerate(("nuitee", "diurne")):
        for zone, days in opened.volumes.get(family, {}).items():
            for day, volumes in days.items():
                for (origin, category), volume in volumes.items():
                    line = found.setdefault((zone, day, origin, category), [None, None, False])
                    line[column] = volume
                    line[2] = line[2] or opened.provisional[(family, zone, day)]
    return {key: tuple(line) for key, line in found.items()}


def _of(category: str, origins: Sequence[str]) -> Callable[[oracle.Grain], bool]:
    return lambda grain: grain[0] in origins and grain[1] == category


# Indicator of one day's grain -> family, what counts, window.
SUMS: dict[str, tuple[str, Callable[[oracle.Grain], bool], str]] = {
    "nuitees_total": ("nuitee", _of("TOURISTE", VISITORS), "periode"),
    "nuitees_francaises": ("nuitee", _of("TOURISTE", FRENCH), "periode"),
    "nuitees_internationales": ("nuitee", _of("TOURISTE", ABROAD), "periode"),
    "excursionnistes_francais": ("diurne", _of("EXCURSIONNISTE", FRENCH), "periode"),
    "excursionnistes_internationaux": ("diurne", _of("EXCURSIONNISTE", ABROAD), "periode"),
    "excursionnistes_total": ("diurne", _of("EXCURSIONNISTE", VISITORS), "periode"),
    "presences_samedi_2": ("diurne", lambda grain: grain[0] in VISITORS, "samedi_2"),
    "presences_samedi_3": ("diurne", lambda grain: grain[0] in VISITORS, "samedi_3"),
    **{
        f"nuitees_{event}": ("nuitee", _of("TOURISTE", VISITORS), event)
        for event in ("weekend_paques", "premier_mai", "weekend_ascension", "weekend_pentecote")
    },
    **{
        f"excursionnistes_{event}": ("diurne", _of("EXCURSIONNISTE", VISITORS), event)
        for event in (
            *("weekend_paques", "premier_mai", "weekend_ascension", "weekend_pentecote"),
            *("quatorze_juillet", "quinze_aout"),
        )
    },
}
RANKED = {
    "nuitees_top_departements": ("nuitee_departement", _of("TOURISTE", FRENCH), 15),
    "nuitees_top_pays": ("nuitee_pays", _of("TOURISTE", ABROAD), 5),
}
STAYS = {
    "duree_sejour_totale": VISITORS,
    "duree_sejour_francaise": FRENCH,
    "duree_sejour_internationale": ABROAD,
}


def indicators(opened: Books) -> Table:
    """Every indicator of each zone, period and year: value, the years before, evolutions."""
    values: dict[tuple[str, int, str, str], tuple[Decimal, Day | None, list[Day], str]] = {}
    for (zone, year, period), first, last in opened.cells():
        for name, (family, wanted, window) in SUMS.items():
            for opens, ends in _windows(opened, window, period, first, last):
                days = opened.days(family, zone, opens, ends)
                if days:
                    total = opened.total(family, zone, days, wanted)
                    values[(zone, year, period, name)] = (rounded(total, 2), None, days, family)
        _peak(opened, values, zone, year, period, first, last)
        for name, (family, wanted, count) in RANKED.items():
            days = opened.days(family, zone, first, last)
            if days:
                members = _members(opened, family, zone, days, wanted)
                members.pop(UNKNOWN, None)
                total = sum(sorted(members.values(), reverse=True)[:count])
                values[(zone, year, period, name)] = (rounded(total, 2), None, days, family)
        for name, origins_ in STAYS.items():
            days = opened.days("sejour_duree", zone, first, last)
            wanted = _of("TOURISTE", origins_)
            mean = _mean_stay(_members(opened, "sejour_duree", zone, days, wanted))
            if mean is not None:
                values[(zone, year, period, name)] = (mean, None, days, "sejour_duree")
    return {key: _with_years_before(opened, values, key) for key in values}


def _windows(
    opened: Books, window: str, period: str, first: Day, last: Day
) -> list[tuple[Day, Day]]:
    """The period itself, or the events of a kind that lie whole in it."""
    if window == "periode":
        return [(first, last)]
    return [
        (opens, ends)
        for opens, ends, only in opened.events.get(window, [])
        if first <= opens and ends <= last and only in (None, period)
    ]


def _peak(
    opened: Books, values: dict[Any, Any], zone: str, year: int, period: str, first: Day, last: Day
) -> None:
    """The day with most French excursionists; of two equal days the earlier."""
    days = opened.days("diurne", zone, first, last)
    if not days:
        return
    wanted = _of("EXCURSIONNISTE", FRENCH)
    by_day = {day: opened.total("diurne", zone, [day], wanted) for day in days}
    most = max(by_day.values())
    day = min(day for day, volume in by_day.items() if volume == most) if most else None
    values[(zone, year, period, "pic_excursionnistes")] = (rounded(most, 2), day, days, "diurne")


def _with_years_before(opened: Books, values: dict[Any, Any], key: Any) -> tuple[Any, ...]:
    zone, year, period, name = key
    value, day, days, family = values[key]
    before = [values.get((zone, year - back, period, name), (None,))[0] for back in (1, 2, 3, 4)]
    series = [value, *before]
    changes = [
        evolution(
            Fraction(now) if now is not None else None,
            Fraction(earlier) if earlier is not None else None,
        )
        for now, earlier in pairwise(series)
    ]
    provisional = any(opened.provisional[(family, zone, one)] for one in days)
    return (value, day, *before, *changes, len(days), provisional)


def _members(
    opened: Books, family: str, zone: str, days: Sequence[Day], wanted: Callable[..., bool]
) -> Counter[str]:
    """Volume by the last key of the grain (department, country, length, commune)."""
    found: Counter[str] = Counter()
    for day in days:
        for grain, volume in opened.volumes[family][zone][day].items():
            if wanted(grain):
                found[grain[-1]] += volume
    return found


def _mean_stay(members: Mapping[str, int]) -> Decimal | None:
    known = {code: volume for code, volume in members.items() if code in NIGHTS}
    if not known:
        return None
    nights = sum(NIGHTS[code] * volume for code, volume in known.items())
    return rounded(Fraction(nights, sum(known.values())), 2)


def _two_years(
    opened: Books, cell: Cell, family: str, wanted: Callable[..., bool]
) -> tuple[Counter[str], Counter[str]]:
    """Members of a cell, and of the same period of the year before."""
    zone, year, period = cell
    found = []
    for one in (year, year - 1):
        window = opened.periods.get((one, period))
        days = opened.days(family, zone, *window) if window else []
        found.append(_members(opened, family, zone, days, wanted))
    return found[0], found[1]


def origins(opened: Books) -> Table:
    """Departments, regions and countries, ranked, against the year before."""
    found: Table = {}
    for measure, nights, category in (
        ("nuitees", "nuitee", "TOURISTE"),
        ("excursionnistes", "diurne", "EXCURSIONNISTE"),
    ):
        for kind, family, whence in (
            ("departement", f"{nights}_departement", FRENCH),
            ("region", f"{nights}_departement", FRENCH),
            ("pays", f"{nights}_pays", ABROAD),
        ):
            for cell, _, _ in opened.cells():
                now, before = _two_years(opened, cell, family, _of(category, whence))
                if kind == "region":
                    now, before = _by_region(opened, now), _by_region(opened, before)
                for code, line in _compared(now, before).items():
                    found[(*cell, measure, kind, code)] = line
    return found


def _by_region(opened: Books, departments: Counter[str]) -> Counter[str]:
    found: Counter[str] = Counter()
    for code, volume in departments.items():
        found[opened.regions.get(code, UNKNOWN)] += volume
    return found


def _compared(now: Counter[str], before: Counter[str]) -> dict[str, tuple[Any, ...]]:
    """Rank, volume, share, the year before, evolution (a new entrant has 100), new?"""
    ranked = sorted(now, key=lambda code: (code == UNKNOWN, -now[code], code))
    found = {}
    for rank, code in enumerate(ranked, 1):
        earlier = before.get(code)
        new = bool(before) and earlier is None
        change = Decimal("100.0") if new else evolution(now[code], earlier)
        found[code] = (
            rank if code != UNKNOWN else None,
            now[code],
            rounded(Fraction(100 * now[code], now.total()), 1),
            earlier,
            change,
            new,
        )
    return found


def stays(opened: Books) -> Table:
    """The histogram of lengths of stay, with the mean."""
    found: Table = {}
    for cell, first, last in opened.cells():
        zone = cell[0]
        days = opened.days("sejour_duree", zone, first, last)
        for origin, whence in (("TOTAL", VISITORS), ("FRANCE", FRENCH), ("INTERNATIONAL", ABROAD)):
            members = _members(opened, "sejour_duree", zone, days, _of("TOURISTE", whence))
            for code, volume in members.items():
                share = rounded(Fraction(100 * volume, members.total()), 1)
                line = (NIGHTS.get(code), volume, share, _mean_stay(members))
                found[(*cell, origin, code)] = line
    return found


def mobility(opened: Books) -> Table:
    """The communes with most tourists, against the same communes of the year before."""
    found: Table = {}
    for cell, _, _ in opened.cells():
        wanted = _of("TOURISTE", VISITORS)
        now, before = _two_years(opened, cell, "lieu_activite_soir", wanted)
        known = [code for code in now if code != UNKNOWN]
        ranked = sorted(known, key=lambda code: (-now[code], code))
        for rank, code in enumerate(ranked[:50], 1):
            earlier = before.get(code)
            found[(*cell, rank)] = (code, now[code], earlier, evolution(now[code], earlier))
    return found


def coverage(opened: Books) -> Table:
    """Which days of each zone, family and two-month period came, and as what."""
    days: dict[tuple[str, str, str], dict[Day, bool]] = defaultdict(dict)
    for (family, zone, day), weekly in opened.provisional.items():
        period = f"{day.year}B{(day.month + 1) // 2}"
        days[(zone, family, period)][day] = weekly
    found: Table = {}
    for key, delivered in days.items():
        weekly = sum(delivered.values())
        consolidated = len(delivered) - weekly
        state = "consolide" if consolidated else "provisoire"
        found[key] = (state, consolidated, weekly, min(delivered), max(delivered))
    return found


def provisional(opened: Books, sightings: Sequence[Event]) -> Table:
    """What the weekly files had said of the days that a consolidated file has replaced."""
    compared: dict[tuple[str, str, Day], dict[tuple[str, str], list[int]]] = {}
    for (day, zone, family, *grain), (volume, _) in oracle.provisional_volumes(sightings).items():
        key = (family, zone, day)
        if not opened.provisional[key]:
            compared.setdefault(key, {})[(grain[0], grain[1])] = [volume, 0]
    for (family, zone, day), lines in compared.items():
        for grain, volume in opened.volumes[family][zone][day].items():
            lines.setdefault((grain[0], grain[1]), [0, 0])[1] += volume
    return {
        (zone, family, day, *grain): (weekly, final, weekly - final, evolution(weekly, final))
        for (family, zone, day), lines in compared.items()
        for grain, (weekly, final) in lines.items()
    }
