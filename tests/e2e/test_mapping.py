"""A changed mapping seed moves the slices that it touches in the next plain build."""

from __future__ import annotations

import csv
import io
import shutil
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.support import oracle
from tests.support.checksums import checksums, differences
from tests.support.compare import facts_differ, marts_differ
from tests.support.house import House
from tests.support.inbox import Inbox, Put
from tests.support.private import ROOT
from tests.support.sequences import Teller

pytestmark = pytest.mark.e2e

FAMILIES = ("nuitee", "nuitee_departement", "lieu_activite_soir")
# A story of these families in which the labels below occur, in files that hold slices.
SEED = 16
CHECKED = r"^(dwh_facts|dwh_marts)$"
# Seed -> label -> what the other columns of its row become.
CHANGES: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "zones": {
        "Zone Mystère": ("CHATAIGNERAIE", "CHATAIGNERAIE", "true", "15"),
        "GENTIANE": ("PAYS_AURILLAC", "PAYS D'AURILLAC", "true", "15"),
    },
    "provenances": {"Martien": ("ETRANGER", "ETRANGER")},
    "departements": {
        "Terra Incognita": ("63", "Puy-de-Dome", "Puy-de-Dôme", "83", "AUVERGNE", "84",
                            "AUVERGNE-RHONE-ALPES", "CLERMONT_FERRAND"),
    },
}  # fmt: skip


def _other_project(folder: Path) -> Path:
    """The project with changed seeds: everything else is the project's own."""
    folder.mkdir()
    for item in ("models", "macros", "tests", "analyses", "snapshots", "dbt_project.yml"):
        if (ROOT / item).exists():
            (folder / item).symlink_to(ROOT / item)
    shutil.copytree(ROOT / "seeds", folder / "seeds")
    for seed, labels in CHANGES.items():
        path = folder / "seeds" / f"{seed}.csv"
        header, *rows = csv.reader(io.StringIO(path.read_text(encoding="utf-8")))
        kept = [row for row in rows if row[0] not in labels]
        made = [[label, *rest] for label, rest in labels.items()]
        assert all(len(row) == len(header) for row in made), f"{seed} has other columns now"
        with path.open("w", encoding="utf-8", newline="") as stream:
            csv.writer(stream).writerows([header, *kept, *made])
    return folder


def _build(house: House, project: Path = ROOT, *more: str) -> None:
    house.dbt(
        "build",
        *("--exclude-resource-type", "test", "--exclude-resource-type", "unit_test"),
        # Where the other sources have no seed that is changed here, they are not built.
        *("--exclude", "source:sigeti+", "source:erp+"),
        *("--project-dir", str(project), *more),
    )


def _right(house: House, inbox: Inbox) -> None:
    wrong = facts_differ(house, inbox.sightings) + marts_differ(house, inbox.sightings)
    assert not wrong, "\n".join(wrong)


def test_a_changed_seed_moves_its_slices_and_back(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    inbox = Inbox(house.inbox)
    for step in Teller(SEED, FAMILIES).tell():
        if isinstance(step, Put):
            inbox.put(step)
    house.ingest(codes=(0, 1))
    inbox.see()
    _build(house)
    _right(house, inbox)
    before = checksums(house, schemas=CHECKED)

    project = _other_project(house.folder / "project")
    with monkeypatch.context() as changed:
        for seed, codes in (
            ("zones", oracle.ZONES),
            ("provenances", oracle.PROVENANCES),
            ("departements", oracle.DEPARTEMENTS),
        ):
            for label, (code, *_) in CHANGES[seed].items():
                changed.setitem(codes, oracle.normalised(label), code)
        changed.setattr(oracle, "KNOWN_ZONES", set(oracle.ZONES))
        _build(house, project)
        _right(house, inbox)
        moved = checksums(house, schemas=CHECKED)
        for fact in ("fait_nuitees", "fait_nuitees_departements", "fait_lieux"):
            assert moved[f"dwh_facts.{fact}"] != before[f"dwh_facts.{fact}"], f"{fact}: no change"
        _build(house, project, "--full-refresh")
        assert differences(moved, checksums(house, schemas=CHECKED)) == {}

    _build(house)
    _right(house, inbox)
    assert differences(before, checksums(house, schemas=CHECKED)) == {}
