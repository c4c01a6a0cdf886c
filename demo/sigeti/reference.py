"""What the application was set up with: zones, sectors, tariffs, agents; and names to draw from.

Zones, sectors, tariffs and enumerations are those of the real database. The area of the four zones
of Abidjan is what the press reports (645, 120 and 120 ha); two zones are kept in square metres. The
other sixteen zones are test rows that somebody typed. People and companies are invented.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from random import Random

from demo.sigeti.shapes import double_encoded
from demo.sigeti.world import World

# code, label, address, area, unit, longitude, latitude, lots of 52
REAL_ZONES = (
    ("ZI-VRIDI", "Zone industrielle de Vridi", "Port-Bouët, Abidjan", "120", "ha",
     -4.012, 5.262, 10),
    ("ZI-KOUMASSI", "Zone industrielle de Koumassi", "Koumassi, Abidjan", "120", "ha",
     -3.957, 5.289, 9),
    ("ZI-PK24", "Zone industrielle d'Akoupé-Zeudji PK24", "Autoroute du Nord, Anyama", "1270000",
     "m2", -4.171, 5.468, 12),
    ("ZI-YOPOUGON", "Zone industrielle de Yopougon", "Yopougon, Abidjan", "645", "ha",
     -4.083, 5.372, 16),
    ("ZI-BOUAKE", "Zone industrielle de Bouaké", "Bouaké", "480000", "m2", -5.031, 7.683, 3),
)  # fmt: skip
TEST_ZONES = 16

SECTORS = (
    ("AGRO", "Agro-industrie"),
    ("ALIM", "Industries alimentaires"),
    ("BOIS", "Industrie du bois et ameublement"),
    ("BOISSON", "Boissons"),
    ("CAOUT", "Caoutchouc"),
    ("CHIM", "Chimie"),
    ("COSM", "Cosmétiques et produits d'entretien"),
    ("ELEC", "Équipements électriques et électroniques"),
    ("EMB", "Papier, carton et emballage"),
    ("ENER", "Énergie"),
    ("IMPR", "Imprimerie"),
    ("LOG", "Logistique et entreposage"),
    ("MAT", "Matériaux de construction"),
    ("META", "Métallurgie"),
    ("PHARMA", "Industrie pharmaceutique"),
    ("PLAST", "Plasturgie"),
    ("RECY", "Recyclage et valorisation des déchets"),
    ("TEXT", "Textile et habillement"),
)
TEST_SECTORS = (("TEST", "test"), ("AZE", "azerty essai 2"))

# The four amounts of the tariff, in FCFA.
TARIFFS = {
    "FRAIS_DOSSIER": ("Frais de dossier", 1_000),
    "RECEPISSE_DEPOT": ("Récépissé de dépôt", 60_000),
    "FRAIS_LAMEV": ("Frais de lettre d'attribution et de mise en valeur", 500_000),
    "FRAIS_TIMBRE": ("Frais de timbre", 1_000),
}

FAMILY_NAMES = (
    *("Kouassi", "Koné", "Yao", "Traoré", "Bamba", "N'Guessan", "Ouattara", "Konan", "Diabaté"),
    *("Aka", "Coulibaly", "Gnahoré", "Touré", "Assi", "Kouamé", "Zadi", "Fofana", "Ehui"),
)
FIRST_NAMES = (
    *("Aïcha", "Koffi", "Mariam", "Serge", "Awa", "Jean-Noël", "Fatou", "Désiré", "Adjoua"),
    *("Moussa", "Clémence", "Ibrahim", "Hélène", "Kader", "Solange", "Yacouba", "Édith", "Paul"),
)
_COMPANY_HEADS = (
    *("Ivoire", "Lagune", "Ébrié", "Comoé", "Bandama", "Savane", "Atlantique", "Cascade"),
    *("Palmier", "Hévéa", "Cacaoyère", "Éburnie", "Sassandra", "Tropique", "Bélier", "Zénith"),
)
_COMPANY_TAILS = (
    *("Transformation", "Emballages", "Agro", "Matériaux", "Plastiques", "Textiles", "Métal"),
    *("Logistique", "Chimie", "Pharma", "Bois", "Boissons", "Énergie", "Recyclage", "Cosmétiques"),
)


def person(draw: Random) -> str:
    """A full name."""
    return f"{draw.choice(FIRST_NAMES)} {draw.choice(FAMILY_NAMES)}"


def company_name(number: int) -> str:
    """A company name; different numbers give different names."""
    head = _COMPANY_HEADS[number % len(_COMPANY_HEADS)]
    tail = _COMPANY_TAILS[(number * 7 + number // 16) % len(_COMPANY_TAILS)]
    again = number // (len(_COMPANY_HEADS) * len(_COMPANY_TAILS))
    return f"{head} {tail} {again + 1}" if again else f"{head} {tail}"


def phone(draw: Random) -> str:
    """A telephone number in the national plan."""
    return "+225 07 " + " ".join(f"{draw.randrange(100):02d}" for _ in range(4))


def square(longitude: float, latitude: float, side: float) -> str:
    """A polygon around a point, as PostgreSQL writes it."""
    corners = ((-side, -side), (side, -side), (side, side), (-side, side))
    inside = ",".join(f"({longitude + x:.5f},{latitude + y:.5f})" for x, y in corners)
    return f"({inside})"


def furnish(world: World) -> None:
    """Fill the tables that hardly ever change, the same at every scale but for the people."""
    founded = datetime(2023, 1, 9, 9, tzinfo=UTC)
    _zones(world, founded)
    for code, label in (*SECTORS, *TEST_SECTORS):
        about = f"Secteur d'activité : {label}"
        world.insert(
            "domaines_activites",
            code=code,
            libelle=label,
            description=double_encoded(about) if code == "COSM" else about,
        )
    for code, (label, amount) in TARIFFS.items():
        world.insert("tarifs", code=code, libelle=label, montant=amount, devise="XOF")
    draw = world.random("agents")
    for number in range(1, 8 * max(1, world.scale // 10) + 1):
        family, first = draw.choice(FAMILY_NAMES), draw.choice(FIRST_NAMES)
        world.insert(
            "agents",
            founded + timedelta(days=number),
            matricule=f"AG-{number:04d}",
            nom=family,
            prenom=first,
            fonction=draw.choice(("Agent de recouvrement", "Instructeur", "Chef de service")),
            telephone=phone(draw),
            email=f"agent{number}@sigeti.example",
            actif=number % 8 != 0,
        )
    draw = world.random("operators")
    for number in range(1, 4 * world.scale + 1):
        world.insert(
            "operateurs",
            founded + timedelta(days=30, hours=number % 24),
            nom=draw.choice(FAMILY_NAMES),
            prenom=draw.choice(FIRST_NAMES),
            telephone=phone(draw),
            email=f"operateur{number}@exemple.example",
            adresse=f"{draw.randrange(1, 90)} rue des Jardins, Abidjan",
        )


def _zones(world: World, founded: datetime) -> None:
    for code, label, address, area, unit, longitude, latitude, lots in REAL_ZONES:
        about = f"{label}, aménagée pour l'industrie"
        world.insert(
            "zones_industrielles",
            founded,
            code=code,
            libelle=label,
            description=double_encoded(about) if code == "ZI-BOUAKE" else about,
            location=f"({longitude},{latitude})",
            polygon=square(longitude, latitude, 0.01),
            superficie=Decimal(area),
            unite_mesure=unit,
            # What somebody typed in once; nobody keeps it up.
            lots_disponibles=lots * world.scale,
            adresse=address,
            statut="en_construction" if code == "ZI-PK24" else "actif",
        )
    draw = world.random("test zones")
    for number in range(1, TEST_ZONES + 1):
        world.insert(
            "zones_industrielles",
            founded + timedelta(days=number),
            code=f"ZT-{number:02d}",
            libelle=f"Essai de saisie {number}",
            description=draw.choice(("texte à remplacer", "abc abc abc", "mettre ici un texte")),
            location=None,
            polygon=None,
            superficie=draw.choice((None, 1, 10, 12_345)),
            unite_mesure="m2",
            lots_disponibles=0,
            adresse=draw.choice((None, "adresse", "ici")),
            statut=("actif", "inactif", "en_construction")[number % 3],
        )
