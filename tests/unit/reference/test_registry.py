"""The list of generators, and how a run without news stays cheap."""

from __future__ import annotations

import subprocess
import sys

import pytest

from ingest.reference import GENERATORS, HERE, Generator, UnknownGenerator, generator


def test_an_unknown_generator_is_refused_with_the_list_of_those_that_exist() -> None:
    with pytest.raises(UnknownGenerator, match="jours"):
        generator("lunaisons")


@pytest.mark.parametrize("name", GENERATORS)
def test_a_generator_makes_the_same_rows_twice(name: str) -> None:
    table = generator(name).generate()
    assert table.num_rows > 0
    assert table.equals(generator(name).generate())


def test_the_fingerprint_follows_the_package_versions(monkeypatch: pytest.MonkeyPatch) -> None:
    before = generator("jours").fingerprint()
    monkeypatch.setattr("ingest.reference.version", lambda package: "99.0")
    assert generator("jours").fingerprint() != before


def test_the_fingerprint_follows_the_data_file() -> None:
    one = Generator("communes", "decoupage", files=("departements.csv",))
    other = Generator("communes", "decoupage", files=("regions.csv",))
    assert one.fingerprint() != other.fingerprint()


def test_fingerprints_import_none_of_the_calendar_packages() -> None:
    code = (
        "import sys; from ingest.reference import GENERATORS;"
        "[g.fingerprint() for g in GENERATORS.values()];"
        "heavy = {'holidays', 'vacances_scolaires_france', 'astronomy', 'pyarrow'};"
        "sys.exit(','.join(heavy & set(sys.modules)) or 0)"
    )
    root = HERE.parent.parent
    subprocess.run([sys.executable, "-c", code], cwd=root, check=True)


def test_the_derived_files_stay_small() -> None:
    assert sum(path.stat().st_size for path in (HERE / "data").iterdir()) < 600_000
