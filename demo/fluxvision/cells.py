"""The breakdowns of a family in a zone: which rows a day has, and how the volume is shared."""

from __future__ import annotations

import csv
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from itertools import groupby
from pathlib import Path

from demo.fluxvision.families import Family
from demo.fluxvision.shapes import ETRANGER, LOCAL, NONLOCAL, stable
from demo.fluxvision.zones import ROWS_OF_2023, Zone

_DATA = Path(__file__).parent / "data"
PROVENANCES = ("LOCAL", "NONLOCAL", "ETRANGER")
CUMUL = "CUMUL"
_CUMUL_FROM = 3  # a total over one or two rows would only repeat them

_INSIDE = 12  # how much more visitors are seen in the communes of the zone than around
# Coaches of twinned towns: codes that begin with 0 or hold a letter, at any scale.
_TWINNED = {("STATION", "01053"): 150.0, ("PAYS-DE-MAURIAC", "2A004"): 150.0}

# Provenance, category, weight (1 = the visitors that the measure is about), most wanted first.
_NIGHT_GROUPS = (
    (NONLOCAL, "TOURISTE", 1.0),
    (ETRANGER, "TOURISTE", 1.0),
    (LOCAL, "RESIDENT", 1.0),
    (LOCAL, "TOURISTE", 0.06),
    (NONLOCAL, "HABITUELLEMENT PRESENT", 0.20),
    (LOCAL, "HABITUELLEMENT PRESENT", 0.12),
    (ETRANGER, "HABITUELLEMENT PRESENT", 0.05),
    (NONLOCAL, "TRANSIT NOCTURNE", 0.04),
    (ETRANGER, "TRANSIT NOCTURNE", 0.03),
    (LOCAL, "TRANSIT NOCTURNE", 0.01),
)
_DAY_GROUPS = (
    (NONLOCAL, "EXCURSIONNISTE", 1.0),
    (ETRANGER, "EXCURSIONNISTE", 1.0),
    (LOCAL, "EXCURSIONNISTE", 0.35),
    (NONLOCAL, "TOURISTE", 0.80),
    (LOCAL, "RESIDENT", 1.0),
    (ETRANGER, "TOURISTE", 0.80),
    (NONLOCAL, "TRANSIT", 0.70),
    (ETRANGER, "TRANSIT", 0.50),
    (LOCAL, "EXCURSIONNISTE RECURRENT", 0.30),
    (NONLOCAL, "EXCURSIONNISTE RECURRENT", 0.15),
    (ETRANGER, "EXCURSIONNISTE RECURRENT", 0.03),
    (NONLOCAL, "HABITUELLEMENT PRESENT", 0.10),
    (LOCAL, "RESIDENT EN TRANSIT", 0.25),
    (NONLOCAL, "TOURISTE EN TRANSIT", 0.15),
    (ETRANGER, "TOURISTE EN TRANSIT", 0.20),
    (LOCAL, "HABITUELLEMENT PRESENT EN TRANSIT", 0.03),
)
_GROUPS = {"nuit": _NIGHT_GROUPS, "jour": _DAY_GROUPS}
_MOBILE = {"TOURISTE", "RESIDENT"}  # whose places are followed

# 1 to 12 nights, then 13 and more; the French stay longer than those who pass through.
_STAYS = {
    LOCAL: (52, 22, 9, 5, 3, 2, 2, 1, 1, 1, 1, 0.5, 0.5),
    NONLOCAL: (30, 19, 12, 8, 6, 6, 9, 3, 2, 1.5, 1, 1, 1.5),
    ETRANGER: (38, 20, 12, 8, 5, 4, 6, 2, 1.5, 1, 0.8, 0.7, 1),
}
_AGES = (("18-24", 9), ("25-34", 17), ("35-44", 21), ("45-54", 20), ("55-64", 17),
         ("65 ans et +", 16))  # fmt: skip
_GEOLIFE = (("CSP+", 28), ("CSP en croissance", 31), ("Populaire", 34), ("NR", 7))


@dataclass(frozen=True)
class Commune:
    """A commune where visitors are seen, and how much it draws."""

    code_insee: str
    name: str
    departement: str
    epci: str
    perimeter: str
    weight: float


@dataclass(frozen=True)
class Cell:
    """One row of each day: its labels, and its share of the visitors of its provenance.

    `values` follow the columns of the family's breakdowns. A cell with `total_of` greater than 0
    is the `CUMUL` of that many cells just before it, and has no share of its own.
    """

    provenance: int
    category: str
    values: tuple[str, ...]
    share: float
    total_of: int = 0


_Option = tuple[tuple[str, ...], float]


def _read(name: str) -> list[dict[str, str]]:
    with (_DATA / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@lru_cache(maxsize=1)
def communes() -> tuple[Commune, ...]:
    """Real communes of the Cantal and around, with their EPCI."""
    return tuple(
        Commune(
            row["code_insee"], row["nom_commune"], row["nom_departement"], row["nom_epci"],
            row["perimetre"], float(row["attrait"]),
        )
        for row in _read("communes.csv")
    )  # fmt: skip


@lru_cache(maxsize=1)
def departements() -> tuple[tuple[tuple[str, str, str], float], ...]:
    """Name, old region and new region of each department of origin, with its weight."""
    return tuple(
        (
            (row["nom_departement"], row["nom_region"], row["nom_nouvelle_region"]),
            float(row["poids"]),
        )
        for row in _read("departements.csv")
    )


@lru_cache(maxsize=1)
def countries() -> tuple[tuple[str, float], ...]:
    """Name and weight of each country of origin."""
    return tuple((row["nom_pays"], float(row["poids"])) for row in _read("pays.csv"))


def day_count_and_rows(family: Family, zone: Zone, scale: float) -> tuple[int, int]:
    """Return how many days a week a family has in a zone, and how many rows such a day has.

    At small scales whole days are left out, Saturdays last, so that what is there stays
    comparable from one week and one year to the next.
    """
    wanted = family.rows_per_day * zone.rows / ROWS_OF_2023 * scale
    if family.daily or wanted >= family.floor:
        return 7, max(family.minimum, round(wanted))
    days = max(1, int(7 * wanted / family.floor))
    return days, max(family.minimum, round(7 * wanted / days))


@cache
def cells_of(family: Family, zone: Zone, scale: float) -> tuple[Cell, ...]:
    """Return the rows of one day, those of one provenance and category side by side."""
    _, count = day_count_and_rows(family, zone, scale)
    groups = _groups(family)
    if not family.details:
        kept = [Cell(prov, category, (), weight) for prov, category, weight in groups[:count]]
        return tuple(kept)
    candidates = [
        (weight * prov_weight * share, prov, category, values)
        for prov, prov_weight in ((LOCAL, 0.1), (NONLOCAL, 1.0), (ETRANGER, 0.5))
        for category, weight, values, share in _products(family, zone, prov, groups, count)
    ]
    candidates.sort(key=lambda c: (-c[0], c[1:]))
    cells = _with_whole_shares(candidates[:count], groups)
    return _with_totals(family, cells) if "departement" in family.details else tuple(cells)


def _groups(family: Family) -> list[tuple[int, str, float]]:
    """Return provenance, category and weight of the groups that the family follows."""
    groups = list(_GROUPS[family.measure])
    if "duree" in family.details:
        groups = [group for group in groups if group[1] == "TOURISTE"]
    elif {"lieu", "commune"} & set(family.details):
        groups = [group for group in groups if group[1] in _MOBILE]
    if "departement" in family.details:
        groups = [group for group in groups if group[0] != ETRANGER]
    if "pays" in family.details:
        groups = [group for group in groups if group[0] == ETRANGER]
    return groups


def _products(
    family: Family, zone: Zone, prov: int, groups: Sequence[tuple[int, str, float]], count: int
) -> list[tuple[str, float, tuple[str, ...], float]]:
    """Return the combinations that can be among the `count` greatest: category, weight, values.

    With each list sorted, the combination of ranks (i, j, k) has at least i x j x k - 1 greater
    ones: those beyond `count` need not be made.
    """
    categories = sorted(
        ((category, weight) for group_prov, category, weight in groups if group_prov == prov),
        key=lambda group: -group[1],
    )
    found: list[tuple[int, str, float, tuple[str, ...], float]] = [
        (rank, category, weight, (), 1.0)
        for rank, (category, weight) in enumerate(categories, start=1)
    ]
    for detail in family.details:
        options = sorted(_options(detail, zone, prov), key=lambda option: (-option[1], option[0]))
        found = [
            (rank * position, category, weight, values + option, share * option_share)
            for rank, category, weight, values, share in found
            for position, (option, option_share) in enumerate(options[: count // rank], start=1)
        ]
    return [combination[1:] for combination in found]


def _options(detail: str, zone: Zone, prov: int) -> list[_Option]:
    """Return the values that one breakdown can take in a zone, with shares that sum to 1."""
    options: list[_Option]
    if detail == "departement":
        options = [
            (names, weight * (0.7 + stable(zone.token + names[0]) % 600 / 1000))
            for names, weight in departements()
            if (names[0] == "Cantal") == (prov == LOCAL)
        ]
    elif detail == "pays":
        options = [((name,), weight) for name, weight in countries()]
    elif detail == "duree":
        options = [
            ((f"{nights} nuit{'s' if nights > 1 else ''}", str(nights)), weight)
            for nights, weight in enumerate(_STAYS[prov], start=1)
        ]
        options[-1] = (("13 nuits et plus", "13"), options[-1][1])
    elif detail == "age":
        options = [((label,), float(weight)) for label, weight in _AGES]
    elif detail == "geolife":
        options = [((label,), float(weight)) for label, weight in _GEOLIFE]
    else:
        options = _places(zone, names_only=detail == "commune")
    total = sum(weight for _, weight in options)
    return [(values, weight / total) for values, weight in options]


def _places(zone: Zone, names_only: bool) -> list[_Option]:
    """Communes seen from a zone: mostly its own, some of the neighbours."""
    places: list[_Option] = []
    for commune in communes():
        nearness: float = _INSIDE if commune.perimeter in zone.perimeter else 1
        nearness = _TWINNED.get((zone.token, commune.code_insee), nearness)
        values: tuple[str, ...] = (commune.name, commune.departement)
        if not names_only:
            values = (commune.epci, commune.code_insee, *values)
        places.append((values, commune.weight * nearness))
    return places


def _with_whole_shares(
    candidates: list[tuple[float, int, str, tuple[str, ...]]],
    groups: Sequence[tuple[int, str, float]],
) -> list[Cell]:
    """Make cells whose shares add up, by provenance and category, to the weight of the group.

    So the details of a day add up to its total, however few rows a small scale keeps.
    """
    weights = {(prov, category): weight for prov, category, weight in groups}
    kept: dict[tuple[int, str], float] = defaultdict(float)
    for score, prov, category, _ in candidates:
        kept[prov, category] += score
    cells = [
        Cell(prov, category, values, weights[prov, category] * score / kept[prov, category])
        for score, prov, category, values in candidates
    ]
    return sorted(cells, key=lambda cell: (cell.provenance, cell.category))


def _with_totals(family: Family, cells: list[Cell]) -> tuple[Cell, ...]:
    """Add a `CUMUL` row after the departments of one group, as the operator does."""
    position = family.columns.index("NomDepartement")
    names = slice(position, position + 3)

    def group(cell: Cell) -> tuple[int, str, tuple[str, ...]]:
        others = cell.values[:position] + cell.values[position + 3 :]
        return (cell.provenance, cell.category, others)

    mixed: list[Cell] = []
    for (prov, category, _), members in groupby(sorted(cells, key=group), key=group):
        details = list(members)
        mixed.extend(details)
        if len(details) >= _CUMUL_FROM:
            values = list(details[0].values)
            values[names] = [CUMUL] * 3
            mixed.append(Cell(prov, category, tuple(values), 0.0, total_of=len(details)))
    return tuple(mixed)
