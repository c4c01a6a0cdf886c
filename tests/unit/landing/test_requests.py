"""What is asked for: options, sizes, which files a request means, where tables come from."""

from __future__ import annotations

import re
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from ingest.catalog import Catalog, FilesOrigin, Generated, Source, Table
from ingest.files.naming import Named
from ingest.options import parse, size_in_bytes
from ingest.plan import make_plan
from ingest.settings import ROOT, SettingsError
from ingest.wishes import Wishes, matches

SENT = datetime(2025, 3, 1, tzinfo=UTC)
NIGHTS = Named("nuitee", "2024B1", "CABA", "nuitee/2024B1/CABA")
WEEKLY = Named("hebdo", None, None, "hebdo")
LOG = Named("log", None, None, "log/DEM12/20240528", day="20240528", folder="DEM12")


def table(name: str, *connections: str, generated: bool = False) -> Table:
    origin = Generated() if generated else FilesOrigin(("x",), (), "consolidated", None, (), ())
    return Table("flux", name, "raw_flux", name, "x.yml", connections, origin)


def catalog(*tables: Table) -> Catalog:
    return Catalog((Source("flux", "raw_flux", "FLUX_URL", {}, tables),))


@pytest.mark.parametrize(
    ("text", "size"),
    [("500", 500), ("2k", 2048), ("10 MB", 10 * 2**20), ("1.5GiB", int(1.5 * 2**30))],
)
def test_sizes(text: str, size: int) -> None:
    assert size_in_bytes(text) == size


def test_wrong_requests_are_refused_before_anything_is_done() -> None:
    for wrong in (["--year", "24"], ["--max-size", "big"], ["--batch-size", "0"], ["--nope"]):
        with pytest.raises(SystemExit) as ended:
            parse(wrong)
        assert ended.value.code == 2


def test_help_shows_every_option_with_an_example_and_imports_nothing_heavy() -> None:
    code = (
        "import sys; sys.argv = ['x', '--help']\n"
        "import ingest.run_all as door\n"
        "try:\n    door.main()\nexcept SystemExit:\n    pass\n"
        "heavy = {'dlt', 'pyarrow', 'psycopg2', 'paramiko'} & set(sys.modules)\n"
        "assert not heavy, heavy\n"
    )
    said = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout
    options = set(re.findall(r"^  (--[a-z-]+)", said, re.MULTILINE))
    assert {"--select", "--files", "--year", "--max-size", "--mode", "--accept-shrink"} <= options
    assert said.count("Example:") == len(options)


def test_selectors_may_be_repeated_and_parted_by_commas() -> None:
    options = parse(["--select", "a", "b,c", "--select", "d"])
    assert options.request.select == ("a", "b", "c", "d")
    assert parse(["--fail-fast"]).request.fail_fast
    assert not parse(["--continue-on-error"]).request.fail_fast


def test_the_year_of_a_file_is_that_of_its_name_else_of_its_delivery() -> None:
    wishes = Wishes(frozenset({"nuitee", "hebdo", "log"}), year=2024)
    assert wishes.leaves_out("a", NIGHTS, SENT) is None
    assert wishes.leaves_out("a", LOG, SENT) is None
    assert wishes.leaves_out("a", WEEKLY, SENT) == "left out by --year"
    assert Wishes(frozenset({"hebdo"}), year=2025).leaves_out("a", WEEKLY, SENT) is None
    assert Wishes(frozenset()).leaves_out("a", NIGHTS, SENT) == "left out by --select"


def test_a_pattern_means_paths_names_and_outer_files() -> None:
    path = "B1 2024/CABA.zip!inner.zip!Nuitee_2024B1_CABA0.csv"
    assert all(matches(path, glob) for glob in ("nuitee_*", "CABA.zip", "B1 2024/*", path))
    assert not any(matches(path, glob) for glob in ("diurne*", "inner.zip", "Nuitee"))


def test_the_first_variable_that_is_set_says_where_a_table_comes_from() -> None:
    both = catalog(table("nuitee", "FLUX_URL"), table("hebdo", "HEBDO_URL", "FLUX_URL"))
    plan = make_plan(both, [], {"FLUX_URL": "/a", "HEBDO_URL": "/b"})
    assert {stop.connection: set(stop.here) for stop in plan.stops} == {
        "FLUX_URL": {"nuitee"},
        "HEBDO_URL": {"hebdo"},
    }
    plan = make_plan(both, [], {"FLUX_URL": "/a", "HEBDO_URL": ""})
    assert [set(stop.here) for stop in plan.stops] == [{"nuitee", "hebdo"}]
    plan = make_plan(both, [], {"FLUX_URL": "/a", "HEBDO_URL": "/a"})
    assert len(plan.stops) == 1, "one place is read once"
    plan = make_plan(both, [], {"HEBDO_URL": "/b"})
    assert plan.skipped == ["flux (nuitee): skipped, FLUX_URL is empty (set it in .env)"]
    plan = make_plan(both, [], {}, data_path="/c")
    assert [stop.url for stop in plan.stops] == ["/c"]


def test_an_empty_variable_is_an_error_only_when_the_source_was_named() -> None:
    one = catalog(table("nuitee", "FLUX_URL"))
    assert make_plan(one, [], {}).skipped == ["flux: skipped, FLUX_URL is empty (set it in .env)"]
    with pytest.raises(SettingsError, match="FLUX_URL is empty"):
        make_plan(one, ["flux.nuitee"], {})


def test_a_source_that_was_named_is_read_as_far_as_its_places_are_known() -> None:
    both = catalog(table("nuitee", "FLUX_URL"), table("autre", "AUTRES_URL"))
    known = {"FLUX_URL": "/a"}
    plan = make_plan(both, ["flux"], known)
    assert [set(stop.here) for stop in plan.stops] == [{"nuitee"}]
    assert plan.skipped == ["flux (autre): skipped, AUTRES_URL is empty (set it in .env)"]
    for named in (["flux.autre"], ["flux.nuitee", "flux.autre"]):
        with pytest.raises(SettingsError, match="AUTRES_URL is empty"):
            make_plan(both, named, known)
    with pytest.raises(SettingsError, match="is empty"):
        make_plan(both, ["flux"], {})
    many = catalog(table("nuitee", "FLUX_URL"), *(table(f"t{n}", "AUTRES_URL") for n in range(6)))
    assert make_plan(many, [], known).skipped == [
        "flux (6 tables): skipped, AUTRES_URL is empty (set it in .env)"
    ]


def test_generated_tables_need_no_place() -> None:
    plan = make_plan(catalog(table("jours", generated=True)), [], {})
    assert [t.name for t in plan.generated] == ["jours"] and not plan.stops


def test_a_table_with_personal_columns_needs_a_key() -> None:
    private = replace(table("clients", "FLUX_URL"), pii={"nom": "drop"})
    with pytest.raises(SettingsError, match="ENTREPOT_PII_KEY"):
        make_plan(catalog(private), [], {"FLUX_URL": "/a"})
    assert make_plan(catalog(private), [], {"FLUX_URL": "/a", "ENTREPOT_PII_KEY": "k"}).stops
