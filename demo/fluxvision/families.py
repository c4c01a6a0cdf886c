"""The file families: names, columns, how many rows they have. The one place that knows headers.

The operator publishes no layout: header order and row counts are ours, the column names are his.
"""

from __future__ import annotations

from dataclasses import dataclass

DAY_COLUMNS = ("Date", "VacancesA", "VacancesB", "VacancesC", "Ferie", "JourDeLaSemaine")
LABEL_COLUMNS = ("ZoneObservation", "Provenance", "CategorieVisiteur")
DEPARTEMENT = ("NomDepartement", "NomRegion", "NomNouvelleRegion")
PAYS = ("Pays",)
DUREE = ("DureeSejour", "DureeSejourNum")
# EPCI, commune code, commune, department: `{}` is the place the family speaks of.
LIEU = ("EPCIZone{}", "CodeInsee{}", "Zone{}", "DeptZone{}")
# Spellings found in some deliveries in place of the columns above.
ALTERNATIVES = {"EPCIZone": ("EPCI", "NomEPCI"), "CodeInsee": ("CodeInsee", "CodeINSEE")}


@dataclass(frozen=True)
class Family:
    """One kind of file.

    `measure` says what is counted: `nuit` (nights of tourists) or `jour` (day visitors). `details`
    are the breakdowns beside zone, provenance and category. `rows_per_day` is the count of rows a
    day has over the twelve zones at scale 1. When a scale asks for fewer than `floor` rows for a
    zone and day, days are left out rather than rows; a `daily` family keeps every day.
    """

    name: str
    measure: str
    details: tuple[str, ...]
    rows_per_day: float
    floor: int
    minimum: int = 3
    daily: bool = False
    place: str = ""

    @property
    def columns(self) -> tuple[str, ...]:
        """The column names of the breakdowns, in the order of the file."""
        return tuple(
            column.format(self.place) for detail in self.details for column in _COLUMNS[detail]
        )

    @property
    def table(self) -> str:
        """The name in lower case: `lieu_nuitee_soir_pays`."""
        return self.name.lower()


_COLUMNS = {
    "departement": DEPARTEMENT,
    "pays": PAYS,
    "duree": DUREE,
    "lieu": LIEU,
    "commune": ("ZoneMobilite", "DeptZoneDiurneSoir"),
    "age": ("Age",),
    "geolife": ("Geolife",),
}

_PLACES = {
    "LieuActivite_Soir": ("DiurneSoir", "jour"),
    "LieuActivite_Veille": ("DiurneVeille", "jour"),
    "LieuNuitee_Soir": ("NuiteeSoir", "nuit"),
    "LieuNuitee_Veille": ("NuiteeVeille", "nuit"),
}


def _lieux() -> tuple[Family, ...]:
    return tuple(
        family
        for name, (place, measure) in _PLACES.items()
        for family in (
            Family(name, measure, ("lieu",), 700, 14, 5, place=place),
            Family(f"{name}_Departement", measure, ("departement", "lieu"), 2600, 16, place=place),
            Family(f"{name}_Pays", measure, ("pays", "lieu"), 600, 10, place=place),
        )
    )


CONSOLIDATED: tuple[Family, ...] = (
    Family("Nuitee", "nuit", (), 130, 4, 4, daily=True),
    Family("Nuitee_Departement", "nuit", ("departement",), 1900, 18, 16),
    Family("Nuitee_Pays", "nuit", ("pays",), 450, 8, 5),
    Family("Diurne", "jour", (), 170, 4, 4, daily=True),
    Family("Diurne_Departement", "jour", ("departement",), 2600, 18, 16),
    Family("Diurne_Pays", "jour", ("pays",), 500, 8, 5),
    Family("SejourDuree", "nuit", ("duree",), 330, 12, 12),
    Family("SejourDuree_Departement", "nuit", ("duree", "departement"), 3600, 16, 6),
    Family("SejourDuree_Pays", "nuit", ("duree", "pays"), 900, 10, 5),
    *_lieux(),
    Family("Nuitee_Age", "nuit", ("age",), 250, 6),
    Family("Diurne_Age", "jour", ("age",), 250, 6),
    Family("Nuitee_Geolife", "nuit", ("geolife",), 200, 4),
    Family("Diurne_Geolife", "jour", ("geolife",), 200, 4),
)

# The ten files that come every week under the same names, before the period is consolidated.
PROVISIONAL: tuple[Family, ...] = (
    Family("frequentation_nuitee", "nuit", (), 130, 4, 4, daily=True),
    Family("frequentation_nuitee_fr", "nuit", ("departement",), 1900, 18, 16),
    Family("frequentation_nuitee_int", "nuit", ("pays",), 450, 8, 5),
    Family("frequentation_journee", "jour", (), 170, 4, 4, daily=True),
    Family("frequentation_journee_fr", "jour", ("departement",), 2600, 18, 16),
    Family("frequentation_journee_int", "jour", ("pays",), 500, 8, 5),
    Family("duree_sejour", "nuit", ("duree",), 330, 12, 12),
    Family("duree_sejour_fr", "nuit", ("duree", "departement"), 3600, 16, 6),
    Family("duree_sejour_int", "nuit", ("duree", "pays"), 900, 10, 5),
    Family("export_mobilite", "jour", ("commune",), 700, 14, 5),
)

# Delivered beside the others, and not loaded by anyone.
IGNORED = (
    "Nuitee_Regions",
    "Diurne_Regions",
    "Recurrence",
    "Arrivee",
    "Depart",
    "DureePresence",
    "Dispo",
)
