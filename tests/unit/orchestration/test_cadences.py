"""The page of cadences: what it may say, and what is told of a wrong line."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from ingest.catalog import Catalog, load_catalog
from ingest.settings import SettingsError
from orchestration.cadences import read_cadences
from orchestration.serve import ensure_answers, schedule_of

HEAD = "time_zone: Europe/Paris\ncadences:\n"


def _read(folder: Path, lines: str, head: str = HEAD) -> list[str]:
    page = folder / "cadences.yml"
    page.write_text(head + lines, encoding="utf-8")
    return [cadence.name for cadence in read_cadences(load_catalog(), page)]


def test_the_own_page_has_every_source_that_is_listed() -> None:
    catalog = load_catalog()
    cadences = read_cadences(catalog)
    selected = {name for cadence in cadences for name in cadence.job.select}
    assert selected == {source.name for source in catalog.listed}
    full = next(cadence for cadence in cadences if cadence.name == "sigeti-full")
    assert (full.job.mode, full.cron, full.job.limit_seconds) == ("full", "0 3 * * 0", 1800.0)


def test_every_schedule_is_one_that_prefect_takes() -> None:
    cadences = read_cadences(load_catalog())
    assert [schedule_of(cadence).cron for cadence in cadences] == [one.cron for one in cadences]
    with pytest.raises(SettingsError, match="fluxvision: cron: Invalid cron string"):
        schedule_of(replace(cadences[0], cron="99 2 * * *"))


@pytest.mark.parametrize("url", ["http://127.0.0.1:port/api", "http://127.0.0.1:1/ api", "nowhere"])
def test_an_address_of_prefect_that_is_none_is_told(url: str) -> None:
    with pytest.raises(SettingsError, match="no Prefect server answers at"):
        ensure_answers(url)


@pytest.mark.parametrize(
    ("lines", "told"),
    [
        ("- {name: a, cron: 0 2 * * *}", "a: select: a flow has either"),
        ("- {name: a, cron: 0 2 * *, select: [sigeti]}", "a: cron: '0 2 * *'"),
        ("- {name: a, cron: 0 2 * * *, select: [sigeti], mode: all}", "a: mode: 'all'"),
        ("- {name: a, cron: 0 2 * * *, select: [sigeti], limit: soon}", "a: limit: 'soon'"),
        ("- {name: a, cron: 0 2 * * *, select: [sigeti], tz: x}", "a: tz: unknown key"),
        ("- {name: a, cron: 0 2 * * *, select: [nowhere]}", "a: select: no source nowhere"),
        ("- {name: a, cron: 0 2 * * *, select: sigeti}", "a: select: 'sigeti' is no list of words"),
        ("- {name: a, cron: 0 2 * * *, command: health}", "a: command: 'health' is no list"),
        ("- {name: a, cron: 0 2 * * *, command: [{backup: 14}]}", "is no list of words"),
        ("- sigeti", "cadences: write a list of flows"),
        ("", "cadences: write a list of flows"),
        ("- {name: a, cron: 0 2 * * *, select: [sigeti.nothing]}", "sigeti has no such table"),
        (
            "- {name: a, cron: 0 2 * * *, select: [erp]}\n"
            "- {name: a, cron: 0 3 * * *, command: [x]}",
            "a is there twice",
        ),
    ],
)
def test_a_wrong_line_is_told_by_flow_and_key(tmp_path: Path, lines: str, told: str) -> None:
    with pytest.raises(SettingsError) as refused:
        _read(tmp_path, lines)
    assert told in str(refused.value)


def test_a_page_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="cannot be read"):
        _read(tmp_path, "", head="cadences: [")
    with pytest.raises(SettingsError, match="is no time zone"):
        _read(tmp_path, "[]", head="time_zone: Mars\ncadences: ")


def test_a_flow_of_a_source_that_is_not_listed_is_not_served(
    tmp_path: Path,
) -> None:
    fewer = Catalog(
        tuple(replace(source, listed=source.name != "erp") for source in load_catalog().sources)
    )
    page = tmp_path / "cadences.yml"
    page.write_text(
        HEAD
        + "- {name: a, cron: 0 2 * * *, select: [erp]}\n"
        + "- {name: b, cron: 0 2 * * *, select: [sigeti]}\n",
        encoding="utf-8",
    )
    assert [cadence.name for cadence in read_cadences(fewer, page)] == ["b"]
