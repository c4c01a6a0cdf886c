"""When what runs: orchestration/cadences.yml, read and checked."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zoneinfo import available_timezones

import yaml

from ingest.catalog import Catalog, UnknownSelection, select
from ingest.settings import SettingsError, environment
from orchestration.run import LIMIT_SECONDS, Job

OWN_PAGE = Path(__file__).with_name("cadences.yml")
KEYS = {"name", "cron", "select", "mode", "docs", "command", "limit"}
_UNITS = {"s": 1, "m": 60, "h": 3600}


@dataclass(frozen=True, slots=True)
class Cadence:
    """One flow: a job or, with `command`, another command of entrepot, and when it runs.

    `cron` is of the time zone `time_zone` (IANA).
    """

    name: str
    cron: str
    time_zone: str
    job: Job
    command: tuple[str, ...] = ()


def read_cadences(catalog: Catalog, page: Path | None = None) -> list[Cadence]:
    """The cadences of what this installation lists.

    Args:
        page: by default the one that ENTREPOT_CADENCES names, else the project's own.

    Raises:
        SettingsError: the page is not as its first lines say; the message names the flow and key.
    """
    page = page or Path(environment().get("ENTREPOT_CADENCES", "").strip() or OWN_PAGE)
    try:
        content = yaml.safe_load(page.read_text(encoding="utf-8"))
        entries, zone = content["cadences"], str(content["time_zone"])
    except (OSError, yaml.YAMLError, KeyError, TypeError) as error:
        raise SettingsError(f"{page.name} cannot be read ({error}); see its first lines") from None
    if zone not in available_timezones():
        raise SettingsError(f"{page.name}: time_zone: {zone!r} is no time zone (Europe/Paris is)")
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        raise SettingsError(f"{page.name}: cadences: write a list of flows; see its first lines")
    cadences = [_read(entry, zone, page.name) for entry in entries]
    names = [cadence.name for cadence in cadences]
    if twice := {name for name in names if names.count(name) > 1}:
        raise SettingsError(f"{page.name}: {sorted(twice)[0]} is there twice; each name once")
    return [cadence for cadence in cadences if _is_listed(cadence, catalog, page.name)]


def _read(entry: Mapping[str, Any], zone: str, page: str) -> Cadence:
    name = str(entry.get("name", "?"))

    def wrong(key: str, what: str) -> SettingsError:
        return SettingsError(f"{page}: {name}: {key}: {what}")

    if unknown := set(entry) - KEYS:
        raise wrong(sorted(unknown)[0], f"unknown key (known: {', '.join(sorted(KEYS))})")
    cron = str(entry.get("cron", ""))
    if len(cron.split()) != 5:
        raise wrong("cron", f"{cron!r} has not the five fields minute hour day month weekday")
    mode = entry.get("mode", "incremental")
    if mode not in ("incremental", "full"):
        raise wrong("mode", f"{mode!r} is neither incremental nor full")
    for key in ("select", "command"):
        said = entry.get(key, [])
        if not isinstance(said, list) or not all(isinstance(part, str | int) for part in said):
            raise wrong(key, f"{said!r} is no list of words (write [one, another])")
    chosen = tuple(map(str, entry.get("select", [])))
    command = tuple(map(str, entry.get("command", [])))
    if bool(chosen) == bool(command):
        raise wrong("select", "a flow has either `select` or `command`")
    limit = LIMIT_SECONDS
    if "limit" in entry:
        found = re.fullmatch(r"(\d+)([smh])", str(entry["limit"]))
        if not found:
            raise wrong("limit", f"{entry['limit']!r} is no duration (write 15m)")
        limit = float(int(found[1]) * _UNITS[found[2]])
    job = Job(name, chosen, mode, docs=bool(entry.get("docs")), limit_seconds=limit)
    return Cadence(name, cron, zone, job, command)


def _is_listed(cadence: Cadence, catalog: Catalog, page: str) -> bool:
    """Whether its sources are among those of this installation."""
    declared = {source.name for source in catalog.sources}
    listed = {source.name for source in catalog.listed}
    names = {name.partition(".")[0] for name in cadence.job.select}
    if strange := names - declared:
        raise SettingsError(f"{page}: {cadence.name}: select: no source {sorted(strange)[0]}")
    if not names <= listed:
        return False
    try:
        select(catalog, cadence.job.select)
    except UnknownSelection as error:
        raise SettingsError(f"{page}: {cadence.name}: {error}") from None
    return True
