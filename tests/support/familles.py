"""The families of Flux Vision as their files look: names, headers, labels.

Written by hand and apart from the project's YAML, seeds and SQL: the oracle must not share their
mistakes. Labels are a handful of each kind, with the spellings that one code comes under.
"""

from __future__ import annotations

from dataclasses import dataclass

UNKNOWN = "INCONNU"

# Spelling -> code. Several spellings of one code are labels of their own in a file.
ZONES = {
    "CABA": "PAYS_AURILLAC",
    "CA du Bassin d'Aurillac": "PAYS_AURILLAC",
    "Pays d\u2019Aurillac": "PAYS_AURILLAC",
    "PAYS DAURILLAC": "PAYS_AURILLAC",
    "GENTIANE": "HAUT_CANTAL",
    "Haut-Cantal": "HAUT_CANTAL",
    "Châtaigneraie": "CHATAIGNERAIE",
    "Zone Mystère": UNKNOWN,
}
PROVENANCES = {
    "LOCAL": "LOCAL",
    "NonLocal": "NONLOCAL",
    "Non local": "NONLOCAL",
    "Étranger": "ETRANGER",
    "ETRANGER": "ETRANGER",
    "Martien": UNKNOWN,
}
CATEGORIES = {
    "TOURISTE": "TOURISTE",
    "Touriste": "TOURISTE",
    "Excursionniste": "EXCURSIONNISTE",
    "Résident": "RESIDENT",
    "HABITUELLEMENT  PRESENT": "HABITUELLEMENT_PRESENT",
}
DEPARTEMENTS = {
    "Cantal": "15",
    "Puy-de-Dôme": "63",
    "PUY DE DOME": "63",
    "Corse-du-Sud": "2A",
    "Z_Autre 97": "AUTRE_97",
    "Terra Incognita": UNKNOWN,
}
PAYS = {
    "Belgique": "BE",
    "BELGIQUE": "BE",
    "Allemagne": "DE",
    "Espagne": "ES",
    "Syldavie": UNKNOWN,
}
DUREES = {
    "1 nuit": "N01",
    "1N": "N01",
    "2 nuits": "N02",
    "2 NUITS": "N02",
    "13 nuits et plus": "N13P",
    "une éternité": UNKNOWN,
}
# Commune -> INSEE code, name, EPCI by name, SIREN of that EPCI (decoupage of 2019 to 2026).
COMMUNES = {
    "15014": ("Aurillac", "CA du Bassin d'Aurillac", "241500230"),
    "15187": ("Saint-Flour", "CC de Saint-Flour", "200066660"),
    "15120": ("Mauriac", "CC du Pays de Mauriac", "241500271"),
}
# What the weekly file of mobility calls them: by name only.
COMMUNE_NAMES = {
    "AURILLAC": "15014",
    "Aurillac": "15014",
    "ST FLOUR": "15187",
    "Mauriac": "15120",
    "Trifouillis": UNKNOWN,
}


@dataclass(frozen=True)
class Famille:
    """One family: what its consolidated files and its weekly file are called, and its fact."""

    name: str  # the raw table of the consolidated files
    stem: str  # how their names begin
    fact: str
    details: tuple[str, ...] = ()  # departement | pays | duree | lieu
    provisional: str | None = None  # the weekly file, and its raw table
    type_lieu: str | None = None

    @property
    def place(self) -> str:
        """The part of the column names of a place that changes with the family: `DiurneSoir`."""
        kind, moment = (self.type_lieu or "").split("_")
        return {"activite": "Diurne", "nuitee": "Nuitee"}[kind] + moment.capitalize()


def _families() -> list[Famille]:
    found = []
    variants = (
        ("", "", ()),
        ("_departement", "_fr", ("departement",)),
        ("_pays", "_int", ("pays",)),
    )
    bases = (
        ("nuitee", "Nuitee", "fait_nuitees", "frequentation_nuitee", ()),
        ("diurne", "Diurne", "fait_diurnes", "frequentation_journee", ()),
        ("sejour_duree", "SejourDuree", "fait_sejours_duree", "duree_sejour", ("duree",)),
    )
    for suffix, weekly, extra in variants:
        plural = {"": "", "_departement": "_departements", "_pays": "_pays"}[suffix]
        tail = "".join(f"_{word.capitalize()}" for word in extra)
        for name, stem, fact, provisional, own in bases:
            found.append(
                Famille(
                    name + suffix, stem + tail, fact + plural, (*extra, *own), provisional + weekly
                )
            )
        for kind in ("activite", "nuitee"):
            for moment in ("soir", "veille"):
                found.append(
                    Famille(
                        f"lieu_{kind}_{moment}{suffix}",
                        f"Lieu{kind.capitalize()}_{moment.capitalize()}{tail}",
                        f"fait_lieux{plural}",
                        (*extra, "lieu"),
                        "export_mobilite"
                        if (kind, moment, suffix) == ("activite", "soir", "")
                        else None,
                        f"{kind}_{moment}",
                    )
                )
    return found


FAMILLES = {family.name: family for family in _families()}
BY_STEM = {family.stem.lower(): family for family in FAMILLES.values()}
BY_PROVISIONAL = {f.provisional: f for f in FAMILLES.values() if f.provisional}


def header(family: Famille, provisional: bool) -> list[str]:
    """The header of a file, in an order of ours (columns may come in any)."""
    columns = ["Date", "VacancesA", "VacancesB", "VacancesC", "Ferie", "JourDeLaSemaine"]
    columns += ["ZoneObservation", "Provenance", "CategorieVisiteur"]
    for detail in family.details:
        if detail == "departement":
            columns += ["NomDepartement", "NomRegion", "NomNouvelleRegion"]
        elif detail == "pays":
            columns += ["Pays"]
        elif detail == "duree":
            columns += ["DureeSejour", "DureeSejourNum"]
        elif provisional:
            columns += ["ZoneMobilite"]
        else:
            columns += [
                f"EPCIZone{family.place}",
                f"CodeInsee{family.place}",
                f"Zone{family.place}",
            ]
    return [*columns, "Volume"]
