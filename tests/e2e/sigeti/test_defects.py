"""The ten defects of the old warehouse: each has a test, and each test finds its defect.

The project is copied, what the old warehouse did is put back into the copy, and its tests fail.
"""

from __future__ import annotations

import re
import shutil
from dataclasses import dataclass
from pathlib import Path

import pytest

from ingest.settings import ROOT
from tests.e2e.sigeti.conftest import TODAY, SigetiHouse

# Each defect costs a build of its own.
pytestmark = [pytest.mark.e2e, pytest.mark.long]

FACTS, MARTS = "models/facts/sigeti", "models/marts/sigeti"


@dataclass(frozen=True)
class Defect:
    """What is written in a page, and what the old warehouse had in its place."""

    number: int
    page: str
    right: str
    wrong: str


DEFECTS = (
    Defect(
        1,
        f"{FACTS}/fait_attributions.sql",
        "demandes.statut_demande = 'VALIDE' as est_approuve",
        "lower(demandes.statut_demande) in ('approuve', 'attribue', 'accepte') as est_approuve",
    ),
    Defect(
        2,
        f"{FACTS}/int_sigeti__zones_factures.sql",
        "        collectes.code_zone_industrielle,\n        zones_des_redevables",
        "        (select zones.code_zone_industrielle from zones\n"
        "            where zones.id_zone_industrielle = factures.id_collecte),\n"
        "        zones_des_redevables",
    ),
    Defect(
        3,
        f"{MARTS}/mart_portefeuille_clients.sql",
        "    from {{ ref('fait_factures') }}\n    group by code_entreprise",
        "    from (\n"
        "        select factures.* from {{ ref('fait_factures') }} as factures\n"
        "        left join {{ ref('fait_attributions') }} as demandes\n"
        "            on factures.code_entreprise = demandes.code_entreprise\n"
        "        left join {{ ref('dim_lots') }} as lots\n"
        "            on factures.code_entreprise = lots.code_entreprise\n"
        "    ) as factures\n"
        "    group by code_entreprise",
    ),
    Defect(
        4,
        f"{FACTS}/fait_paiements.sql",
        "factures.montant_total - paiements_ordonnes.cumul_encaisse, 0\n",
        "factures.montant_total - paiements_ordonnes.montant_paiement, 0\n",
    ),
    Defect(
        5,
        f"{MARTS}/mart_occupation_zones.sql",
        "when statut_lot = 'OCCUPE' then 'ATTRIBUE'",
        "when code_entreprise <> 'INCONNU' then 'ATTRIBUE'",
    ),
    Defect(
        6,
        "models/dimensions/dim_entreprises.sql",
        "        dbt_valid_to\n    from historique",
        "        date_modification at time zone 'UTC' as dbt_valid_to\n    from historique",
    ),
    Defect(
        7,
        f"{FACTS}/int_sigeti__decisions.sql",
        "            and coalesce(historique.statut_avant, '') <> historique.statut_apres\n",
        "",
    ),
    Defect(
        8,
        "models/staging/sigeti/_sigeti__sources.yml",
        "          - {name: registre_commerce, data_type: text",
        "          - {name: secteur_activite, data_type: text, description: Never there.}\n"
        "          - {name: registre_commerce, data_type: text",
    ),
    Defect(
        9,
        f"{FACTS}/fait_factures.sql",
        "{{ jours_entre('date_facture', 'date_paiement') }} as delai",
        "cast(date_paiement as timestamp) - cast(date_facture as timestamp) as delai",
    ),
    Defect(
        10,
        "macros/indicateurs_sigeti.sql",
        "{{ moyenne('delai_paiement_jours', 'est_exigible') }}",
        "{{ moyenne('coalesce(delai_paiement_jours, age_jours)', 'est_exigible') }}",
    ),
)
PROJECT = ("dbt_project.yml", "models", "macros", "seeds", "snapshots", "tests/data", "analyses")


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """The dbt project, to be spoilt."""
    for name in PROJECT:
        copy = tmp_path / name
        copy.parent.mkdir(parents=True, exist_ok=True)
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, copy)
        else:
            shutil.copy(ROOT / name, copy)
    return tmp_path


def results(house: SigetiHouse, project: Path) -> dict[int, str]:
    """How the test of each defect ends, by its number."""
    done = house.house.call(
        [
            *(house.house.dbt_command("--log-level", "info", "test")),
            *("--project-dir", str(project), "--target-path", str(project / "target")),
            *("--select", *(f"defaut_{defect.number:02d}_*" for defect in DEFECTS), *TODAY),
        ],
        codes=None,
    )
    found = re.findall(r"\b(PASS|FAIL|ERROR)\b.*?\bdefaut_(\d\d)_", done.out)
    return {int(number): status for status, number in found}


def test_each_defect_has_a_test_that_finds_it(sigeti_house: SigetiHouse, project: Path) -> None:
    expected = {defect.number for defect in DEFECTS}
    assert expected == set(range(1, 11))
    assert results(sigeti_house, project) == dict.fromkeys(expected, "PASS")
    for defect in DEFECTS:
        page = project / defect.page
        text = page.read_text(encoding="utf-8")
        assert text.count(defect.right) == 1, (defect.number, defect.page)
        page.write_text(text.replace(defect.right, defect.wrong), encoding="utf-8")
    assert results(sigeti_house, project) == dict.fromkeys(expected, "FAIL")
