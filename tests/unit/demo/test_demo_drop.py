"""The drop as a whole: the same every time, in the tree that the portal really makes."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from demo import fluxvision
from demo.__main__ import main
from demo.fluxvision.calendar import Period
from demo.fluxvision.content import DataFile, blocks
from demo.fluxvision.families import CONSOLIDATED, PROVISIONAL
from demo.fluxvision.zones import zones_of
from tests.unit.demo.demo_drop import SMALL, files_below

ARGUMENTS = ["--from", "2025B2", "--scale", str(SMALL), "--day", "2025-04-20"]


def stamps(out: Path) -> dict[str, float]:
    return {p.relative_to(out).as_posix(): p.stat().st_mtime for p in out.rglob("*") if p.is_file()}


def test_the_same_arguments_give_the_same_bytes_and_dates(tmp_path: Path) -> None:
    assert main(["fluxvision", "--out", str(tmp_path / "a"), *ARGUMENTS]) == 0
    command = [sys.executable, "-m", "demo", "fluxvision", "--out", str(tmp_path / "b")]
    environment = os.environ | {"LC_ALL": "C", "TZ": "Asia/Tokyo", "PYTHONHASHSEED": "7"}
    subprocess.run([*command, *ARGUMENTS], check=True, env=environment, capture_output=True)
    assert files_below(tmp_path / "a") == files_below(tmp_path / "b")
    assert stamps(tmp_path / "a") == stamps(tmp_path / "b")


def test_another_seed_gives_other_volumes(drop: Path, tmp_path: Path) -> None:
    wanted = fluxvision.settings("2025B1", "2025B2", scale=SMALL, seed=99)
    fluxvision.write(fluxvision.plan(wanted), tmp_path)
    name = "hebdo/2025-S14/frequentation_nuitee.csv"
    assert (drop / name).read_bytes() != (tmp_path / name).read_bytes()


def test_a_second_run_touches_nothing(plan: fluxvision.Plan, drop: Path) -> None:
    before = {path: path.stat().st_ctime_ns for path in drop.rglob("*") if path.is_file()}
    done = fluxvision.write(plan, drop)
    assert done.unchanged == done.deliveries == len(before)
    assert before == {path: path.stat().st_ctime_ns for path in drop.rglob("*") if path.is_file()}


def test_a_later_day_only_adds(drop: Path, tmp_path: Path) -> None:
    wanted = fluxvision.settings("2025B1", "2025B2", scale=SMALL, day=date(2025, 5, 1))
    fluxvision.write(fluxvision.plan(wanted), tmp_path)
    early, late = files_below(tmp_path), files_below(drop)
    assert early.items() < late.items()
    assert not any(name.startswith("B2 2025/") for name in early)
    assert stamps(tmp_path).items() < stamps(drop).items()


def test_files_carry_the_date_of_their_publication(plan: fluxvision.Plan, drop: Path) -> None:
    for delivery in plan.deliveries:
        assert (drop / delivery.path).stat().st_mtime == delivery.published.timestamp()
    with zipfile.ZipFile(drop / "B1 2025/CABA_2025B1.zip") as archive:
        assert {info.date_time[:2] for info in archive.infolist()} == {(2025, 3)}


@pytest.mark.parametrize("year", [2019, 2020, 2021, 2022, 2023, 2024, 2025])
@pytest.mark.parametrize("number", range(1, 7))
def test_a_period_is_published_two_to_four_weeks_after_its_end(year: int, number: int) -> None:
    period = Period(year, number)
    delay = period.published - datetime.combine(period.last_day, datetime.min.time(), UTC)
    assert timedelta(days=14) <= delay <= timedelta(days=30)


def test_each_zone_comes_in_a_zip_with_every_family(plan: fluxvision.Plan) -> None:
    files = [file for _, _, file in plan.data_files() if file.period == Period(2025, 1)]
    expected = {(family.name, zone.token) for family in CONSOLIDATED for zone in zones_of(
        Period(2025, 1))}  # fmt: skip
    assert {(file.family.name, file.zones[0].token) for file in files} == expected
    assert len(CONSOLIDATED) == 25


def test_zips_nest_up_to_three_levels(plan: fluxvision.Plan) -> None:
    depths = {path.count("!") for _, path, _ in plan.data_files()}
    assert depths == {0, 1, 2, 3}


def test_zones_appear_and_disappear() -> None:
    counts = {str(period): len(zones_of(period)) for period in (
        Period(2019, 1), Period(2020, 6), Period(2021, 1), Period(2022, 6), Period(2023, 1),
        Period(2025, 1), Period(2025, 2))}  # fmt: skip
    assert list(counts.values()) == [7, 7, 8, 9, 12, 12, 11]
    tokens = {zone.token for zone in zones_of(Period(2022, 1))}
    assert "HAUTES-TERRES-COMMUNAUTE" in tokens
    assert "HTC" not in tokens


def test_a_restated_period_comes_later_with_other_volumes() -> None:
    plan = fluxvision.plan(fluxvision.settings("2023B1", "2023B6", scale=SMALL))
    found: dict[int, tuple[datetime, DataFile]] = {}
    for delivery, path, file in plan.data_files():
        if file.name.startswith("Nuitee_2023B1_CABA"):
            found[file.version] = (delivery.published, file)
            assert ("nouveauFormat" in path) == (file.version == 2)
    (first_day, first), (second_day, second) = found[1], found[2]
    assert second_day > first_day
    totals = [sum(sum(block.volumes) for block in blocks(file)) for file in (first, second)]
    assert totals[1] > totals[0]
    patched = [path for _, path, _ in plan.data_files() if path.startswith("Gentiane B3B4 2023/")]
    assert len(patched) == 2 * len(CONSOLIDATED)


def test_every_period_of_2019_and_early_2020_came_again() -> None:
    plan = fluxvision.plan(fluxvision.settings("2019B1", "2020B6", scale=SMALL))
    again = {d.path for d in plan.deliveries if "nouveauFormat" in d.path and d.path[-4:] == ".zip"}
    assert len(again) == 56  # 8 periods of 7 zones


def test_the_weekly_files_keep_their_names(plan: fluxvision.Plan) -> None:
    weeks: dict[str, set[str]] = {}
    for delivery in plan.deliveries:
        if delivery.folder.startswith("hebdo/"):
            weeks.setdefault(delivery.folder, set()).add(delivery.content.name)
    assert list(weeks)[:2] == ["hebdo/2025-S14", "hebdo/2025-S15"]
    assert len({frozenset(names) for names in weeks.values()}) == 1
    stems = {name.rsplit(".", 1)[0] for name in next(iter(weeks.values()))}
    assert stems == {family.name for family in PROVISIONAL}
    assert {name.rsplit(".", 1)[1] for name in next(iter(weeks.values()))} == {"csv", "xlsx"}


def test_weeks_overlap_the_last_period_and_go_beyond(plan: fluxvision.Plan) -> None:
    days = {day for _, _, file in plan.data_files() if file.provisional for day in file.days}
    last = Period(2025, 2)
    assert min(days) == date(2025, 3, 31) < last.last_day < max(days)


def test_files_that_nobody_loads_come_along(plan: fluxvision.Plan, drop: Path) -> None:
    with zipfile.ZipFile(drop / "B1 2025/CANTAL_2025B1.zip") as archive:
        names = archive.namelist()
    for family in ("Nuitee_Regions", "Recurrence", "Arrivee", "Depart", "DureePresence", "Dispo"):
        assert f"{family}_2025B1_CANTAL0.csv" in names
    assert any("semaine" in name for name in names)
    assert {Path(d.path).suffix for d in plan.deliveries} >= {".png", ".geojson", ".zip", ".csv"}


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["fluxvision"], "--out"),
        (["fluxvision", "--out", "x", "--from", "2023B7"], "2023B7"),
        (["fluxvision", "--out", "x", "--from", "2024B1", "--to", "2023B1"], "before"),
        (["fluxvision", "--out", "x", "--from", "2018B1"], "2019B1"),
        (["fluxvision", "--out", "x", "--scale", "0"], "scale"),
        (["fluxvision", "--out", "x", "--scale", "nan"], "scale"),
        (["fluxvision", "--out", "x", "--scale", "many"], "many"),
        (["fluxvision", "--out", "x", "--day", "2025-02-30"], "2025-02-30"),
        (["fluxvision", "--out", __file__], "not a folder"),
        (["unknown"], "unknown"),
        ([], "SOURCE"),
    ],
)
def test_a_wrong_request_is_refused_in_one_line(
    arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    try:
        code: object = main(arguments)
    except SystemExit as stopped:
        code = stopped.code
    error = capsys.readouterr().err
    assert code == 2
    assert error.count("\n") == 1
    assert said in error


def test_help_has_an_example(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        main(["fluxvision", "--help"])
    assert stopped.value.code == 0
    assert "python -m demo fluxvision --out" in capsys.readouterr().out


def test_settings_are_data(plan: fluxvision.Plan) -> None:
    assert fluxvision.plan(replace(plan.settings)) == plan
