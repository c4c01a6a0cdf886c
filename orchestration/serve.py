"""Serve every flow of cadences.yml with its schedule: `python -m orchestration.serve`.

A Prefect server must be up (`prefect server start`); its address is PREFECT_API_URL, by default
the local one. Stopped with Ctrl-C; runs under way are ended, and the next ones go on from there.
"""

from __future__ import annotations

import http.client
import os
import sys
import urllib.request
from typing import TYPE_CHECKING

from ingest.catalog import CatalogError, load_catalog
from ingest.console import complain, prepare_streams
from ingest.settings import SettingsError, environment

if TYPE_CHECKING:
    from prefect.schedules import Schedule

    from orchestration.cadences import Cadence

LOCAL = "http://127.0.0.1:4200/api"


def api_url() -> str:
    """Where the Prefect server is: PREFECT_API_URL of the environment or .env, else here."""
    return environment().get("PREFECT_API_URL", "").strip() or LOCAL


def ensure_answers(url: str) -> None:
    """See that a Prefect server answers at this address.

    Raises:
        SettingsError: it does not; says how to start one.
    """
    try:
        with urllib.request.urlopen(f"{url}/health", timeout=5):
            return
    except (OSError, ValueError, http.client.HTTPException):
        raise SettingsError(
            f"no Prefect server answers at {url}: start one with `prefect server start`, or set"
            " PREFECT_API_URL in .env"
        ) from None


def schedule_of(cadence: Cadence) -> Schedule:
    """When a flow runs, as Prefect takes it.

    Raises:
        SettingsError: it is no schedule.
    """
    from prefect.schedules import Cron

    try:
        return Cron(cadence.cron, timezone=cadence.time_zone)
    except ValueError as error:
        raise SettingsError(f"the page of cadences: {cadence.name}: cron: {error}") from None


def serve_all() -> None:
    """Serve the flows until interrupted; each has at most one run at a time.

    Raises:
        SettingsError: no Prefect server answers, or the page of cadences is wrong.
    """
    url = api_url()
    ensure_answers(url)
    os.environ["PREFECT_API_URL"] = url
    from prefect import serve

    from orchestration.cadences import read_cadences
    from orchestration.flows import load

    cadences = read_cadences(load_catalog())
    deployments = [
        load.to_deployment(
            name=cadence.name,
            parameters={"name": cadence.name},
            schedule=schedule_of(cadence),
            concurrency_limit=1,
            description=" ".join(cadence.job.select or cadence.command),
        )
        for cadence in cadences
    ]
    for cadence in cadences:
        print(f"{cadence.name:<14} {cadence.cron:<16} {cadence.time_zone}", flush=True)
    serve(*deployments, pause_on_shutdown=False)


def main() -> int:
    """Serve; what a person can mend is one line and exit code 2."""
    prepare_streams()
    try:
        serve_all()
    except CatalogError as error:
        for problem in error.problems:
            complain(problem)
        return 2
    except SettingsError as error:
        complain(f"serve: {error}")
        return 2
    except KeyboardInterrupt:
        pass
    return 0


if __name__ == "__main__":
    sys.exit(main())
