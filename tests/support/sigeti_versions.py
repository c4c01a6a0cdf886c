"""The dimensions of SIGETI beside its rows and its history: members and versions."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from itertools import pairwise

from demo.sigeti import BASE_DATE
from tests.support.compare import SHOWN, differing
from tests.support.house import House
from tests.support.sigeti_marts import sector_codes
from tests.support.sigeti_oracle import UNKNOWN, Books
from tests.support.sigeti_reading import Row

# Dimension by versions -> its code, its key.
VERSIONED = {
    "dim_entreprises": ("code_entreprise", "cle_entreprise"),
    "dim_lots": ("code_lot", "cle_lot"),
}
# Fact -> its own key, its day, the dimensions whose version it names.
DATED = {
    "fait_attributions": ("id_demande", "date_demande", ("dim_entreprises", "dim_lots")),
    "fait_factures": ("id_facture", "date_facture", ("dim_entreprises",)),
    "fait_paiements": ("id_paiement", "date_encaissement", ("dim_entreprises",)),
}


def dimensions_differ(house: House, books: Books) -> list[str]:
    """Where the members of the dimensions are not what the rows say."""
    zones = {
        books.zone_codes[key]: {
            "nom_zone_industrielle": zone["nom"],
            "statut_zone": zone["statut"],
            "superficie_m2": zone["superficie"],
            "lots_disponibles_declares": zone["lots_declares"],
        }
        for key, zone in books.rows.zones.items()
    }
    companies = {
        str(key): {
            "raison_sociale": company["nom"],
            "forme_juridique": company["forme"],
            "code_domaine": sector_codes(books).get(company["domaine"], UNKNOWN),
        }
        for key, company in books.known.items()
    }
    lots = {
        str(key): {
            "numero_lot": lot["numero"],
            "code_zone_industrielle": books.zone_codes.get(lot["zone"], UNKNOWN),
            "statut_lot": lot["statut"],
            "est_viabilise": lot["viabilise"],
            "superficie_m2": lot["superficie"],
            "prix": lot["prix"],
            "date_reservation": lot["reserve_le"],
        }
        for key, lot in books.rows.lots.items()
    }
    said = _differing(house, "dim_zones_industrielles", zones, "id_zone_industrielle is not null")
    said += _differing(
        house,
        "dim_entreprises",
        companies,
        "est_derniere_version and code_entreprise not in ('INCONNU', 'TOUTES')",
    )
    return said + _differing(house, "dim_lots", lots, "est_courant and code_lot <> 'INCONNU'")


def _differing(house: House, dimension: str, expected: dict[str, Row], kept: str) -> list[str]:
    code = VERSIONED.get(dimension, ("code_zone_industrielle", ""))[0]
    columns = list(next(iter(expected.values())))
    found = {
        row[0]: dict(zip(columns, row[1:], strict=True))
        for row in house.rows(
            f"select {', '.join((code, *columns))} from dwh_dimensions.{dimension} where {kept}"
        )
    }
    return differing(dimension, expected, found)


def versions_differ(house: House) -> list[str]:
    """Where versions overlap or none is the last, and which facts name one that did not hold."""
    said: list[str] = []
    members: dict[str, dict[str, Row]] = {}
    for dimension, (code, key) in VERSIONED.items():
        rows = house.records(
            f"select {code} as code, {key} as key, valide_du, valide_au, est_courant, "
            f"est_derniere_version from dwh_dimensions.{dimension} order by 1, 3"
        )
        members[dimension] = {row["key"]: row for row in rows}
        said += [f"{dimension}: {line}" for line in _chained(rows)]
    for fact, (own, day, dimensions) in DATED.items():
        for row in house.records(f"select * from dwh_facts.{fact}"):
            for dimension in dimensions:
                code, key = VERSIONED[dimension]
                version = members[dimension].get(row[key])
                if version is None or version["code"] != row[code]:
                    said.append(f"{fact} {row[own]}: {key} is no version of {row[code]}")
                elif not _holds(version, row[day]):
                    said.append(f"{fact} {row[own]}: {key} does not hold on {row[day]}")
    return said[:SHOWN]


def _chained(rows: Sequence[Row]) -> list[str]:
    said, by_code = [], defaultdict(list)
    for row in rows:
        by_code[row["code"]].append(row)
    for code, versions in by_code.items():
        last = Counter(row["est_derniere_version"] for row in versions)[True]
        if last != 1 or not versions[-1]["est_derniere_version"]:
            said.append(f"{code} has {last} last versions")
        if any(row["est_courant"] for row in versions[:-1]):
            said.append(f"{code} has a current version that is not the last one")
        for earlier, later in pairwise(versions):
            if earlier["valide_au"] != later["valide_du"]:
                said.append(f"{code}: {earlier['valide_au']} and {later['valide_du']} do not meet")
    return said


def _holds(version: Row, day: date) -> bool:
    """Whether a version holds at the beginning of a day; the last one goes on holding."""
    at = datetime.combine(day, time())
    begun: bool = version["valide_du"] <= at
    return begun and (version["est_derniere_version"] or version["valide_au"] > at)


def age(house: House, builds: Sequence[datetime]) -> None:
    """Let the versions that builds saw begin and end some months ago, so that facts lie between.

    Args:
        builds: when each build began, in the time of the server (UTC).
    """
    for number, began in reversed(list(enumerate(builds))):
        as_if = BASE_DATE.replace(tzinfo=None) - timedelta(days=300 - 90 * number)
        for table in ("entreprises", "lots"):
            for column in ("dbt_valid_from", "dbt_valid_to", "dbt_updated_at"):
                house.call_sql(
                    f"update ods.snap_sigeti__{table} "
                    f"set {column} = {column} - interval '{(began - as_if).total_seconds()} s' "
                    f"where {column} >= '{began}'"
                )
