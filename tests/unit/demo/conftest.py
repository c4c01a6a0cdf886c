"""Drops that the tests look at: the last two periods of the demo with their weekly files."""

from __future__ import annotations

from pathlib import Path

import pytest

from demo import fluxvision
from tests.unit.demo.demo_drop import SMALL, ReadFile, bodies, files_below, read_back


@pytest.fixture(scope="session")
def plan() -> fluxvision.Plan:
    """The last two periods of the demo with their weekly files, small, without faults."""
    return fluxvision.plan(fluxvision.settings("2025B1", "2025B2", scale=SMALL))


@pytest.fixture(scope="session")
def drop(plan: fluxvision.Plan, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("drop")
    fluxvision.write(plan, out)
    return out


@pytest.fixture(scope="session")
def files(plan: fluxvision.Plan, drop: Path) -> list[ReadFile]:
    """Every data file of the drop, read back."""
    wanted = {path for _, path, _ in plan.data_files()}
    found = [
        read_back(path, body)
        for name, whole in files_below(drop).items()
        for path, body in bodies(name, whole)
        if path in wanted
    ]
    assert len(found) == len(wanted)
    return found


@pytest.fixture(scope="session")
def faulty(tmp_path_factory: pytest.TempPathFactory) -> tuple[fluxvision.Plan, Path]:
    """The same two periods with faults."""
    out = tmp_path_factory.mktemp("faulty")
    plan = fluxvision.plan(fluxvision.settings("2025B1", "2025B2", scale=SMALL, faults=True))
    fluxvision.write(plan, out)
    return plan, out
