"""What works beside the warehouse: dbt, and the Prefect server with its deployments and runner."""

from __future__ import annotations

import base64
import http.client
import importlib.util
import json
import shutil
import urllib.error
import urllib.request
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from ingest.catalog import Catalog
from ingest.settings import SettingsError
from orchestration.builds import dbt_command
from orchestration.cadences import read_cadences
from orchestration.preflight.model import Check
from orchestration.serve import LOCAL

SECONDS = 3.0
SERVE = "python -m orchestration.serve"


def check_dbt() -> list[Check]:
    """Whether dbt and our plugin of it are in the environment of this command."""
    command = dbt_command()
    if shutil.which(command) is None or importlib.util.find_spec("dbt_entrepot") is None:
        said = "dbt or the project's plugin of it is not in this environment"
        mend = "python3 orchestration/bootstrap.py setup, and use .venv/bin/entrepot"
        return [Check("dbt", "FAIL", said, mend)]
    return [Check("dbt", "OK", command)]


def check_prefect(
    catalog: Catalog, variables: Mapping[str, str], cadences: Path | None = None
) -> list[Check]:
    """Whether the Prefect server answers, knows the deployments, and somebody serves them.

    `cadences`: the page that declares them, by default the one of this installation.
    """
    url = (variables.get("PREFECT_API_URL", "").strip() or LOCAL).rstrip("/")
    parts = urlsplit(url)
    where = f"{parts.hostname}:{parts.port}" if parts.port else str(parts.hostname)
    try:
        is_prefect = _ask(url, "health", variables) is True
    except (OSError, http.client.HTTPException) as error:
        said = f"{where} does not answer ({_reason(error)}): nothing is scheduled by Prefect"
        return [Check("Prefect server", "WARNING", said, "prefect server start")]
    except ValueError:
        is_prefect = False
    if not is_prefect:
        said = f"what answers on {where} is not a Prefect server"
        mend = "prefect server start --port 4201, and set PREFECT_API_URL to it"
        return [Check("Prefect server", "WARNING", said, mend)]
    found = [Check("Prefect server", "OK", f"{where} answers")]
    try:
        names = [cadence.name for cadence in read_cadences(catalog, cadences)]
    except SettingsError as error:
        return [*found, Check("deployments", "FAIL", str(error), "mend the page, then run again")]
    try:
        known = _ask(url, "deployments/filter", variables, _filter(names))
    except (OSError, ValueError) as error:
        said = f"{where} does not list them ({_reason(error)})"
        mend = "see PREFECT_API_URL, PREFECT_API_KEY and PREFECT_API_AUTH_STRING in .env"
        return [*found, Check("deployments", "WARNING", said, mend)]
    return [*found, *_deployments(names, {one["name"]: one.get("status") for one in known})]


def _deployments(names: list[str], known: Mapping[str, str | None]) -> list[Check]:
    missing = [name for name in names if name not in known]
    if missing:
        said = f"{len(missing)} of {len(names)} are not known there: {', '.join(missing)}"
        return [Check("deployments", "WARNING", said, f"{SERVE} declares and serves them")]
    found = [Check("deployments", "OK", f"all {len(names)} are known there")]
    # Prefect calls a deployment ready while somebody asked for its runs in the last minute.
    idle = [name for name in names if known[name] != "READY"]
    if idle:
        said = f"nobody asks for the runs of {', '.join(idle)}"
        return [*found, Check("runner", "WARNING", said, f"{SERVE} (and keep it running)")]
    return [*found, Check("runner", "OK", "somebody asks for their runs")]


def _filter(names: list[str]) -> dict[str, Any]:
    return {"limit": 200, "deployments": {"name": {"any_": names}}}


def _ask(
    url: str, path: str, variables: Mapping[str, str], body: dict[str, Any] | None = None
) -> Any:
    headers = {"Content-Type": "application/json"}
    if key := variables.get("PREFECT_API_KEY", "").strip():
        headers["Authorization"] = f"Bearer {key}"
    elif login := variables.get("PREFECT_API_AUTH_STRING", "").strip():
        headers["Authorization"] = f"Basic {base64.b64encode(login.encode()).decode()}"
    request = urllib.request.Request(
        f"{url}/{path}", None if body is None else json.dumps(body).encode(), headers
    )
    with urllib.request.urlopen(request, timeout=SECONDS) as answer:
        return json.load(answer)


def _reason(error: Exception) -> str:
    """Why a server did not answer, without its address, which may hold a password."""
    if isinstance(error, urllib.error.HTTPError):
        return f"HTTP {error.code}"
    cause = error.reason if isinstance(error, urllib.error.URLError) else error
    return str(getattr(cause, "strerror", None) or type(cause).__name__)
