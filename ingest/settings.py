"""Where things are: the project's root, `.env`, and the dbt profile, which alone says where the
warehouse is. Nothing here connects to anything.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from dotenv import dotenv_values

from ingest.certificates import trust_the_systems_certificates

ROOT = Path(__file__).resolve().parent.parent
PROFILE_NAME = "entrepot"
# What the product keeps for itself: the embedded server's data, its secrets, private run folders.
# Tests and measurements have a server of their own: they say where in ENTREPOT_STATE_DIR.
STATE_DIR = Path(os.environ.get("ENTREPOT_STATE_DIR") or ROOT / ".entrepot")
LOG_DIR = Path(os.environ.get("ENTREPOT_LOG_DIR") or ROOT / "logs")

LOADER_ROLE = "entrepot_loader"
TRANSFORMER_ROLE = "entrepot_transformer"
READER_ROLE = "entrepot_reader"
ZONE_READER_ROLE = "entrepot_zone_reader"


class SettingsError(Exception):
    """The settings are wrong or missing: one line that says what, where and what to do."""


@dataclass(frozen=True)
class Warehouse:
    """One target of the dbt profile: a PostgreSQL database and the login that writes to it."""

    target: str
    host: str
    port: int
    dbname: str
    user: str
    password: str = field(repr=False)
    sslmode: str = "prefer"
    sslrootcert: str | None = None
    threads: int = 4

    @property
    def embedded(self) -> bool:
        """Whether this is the server that `entrepot up` starts."""
        return self.target in ("dev", "test")

    def with_login(self, user: str, password: str, dbname: str | None = None) -> Warehouse:
        """The same server, with another login and, if given, another database."""
        return Warehouse(
            target=self.target,
            host=self.host,
            port=self.port,
            dbname=dbname or self.dbname,
            user=user,
            password=password,
            sslmode=self.sslmode,
            sslrootcert=self.sslrootcert,
            threads=self.threads,
        )


@cache
def environment() -> Mapping[str, str]:
    """The variables of `.env` under those of the process: the environment wins, even when empty."""
    from_file = {k: v for k, v in dotenv_values(ROOT / ".env").items() if v is not None}
    return {**from_file, **os.environ}


def profiles_path() -> Path:
    """The profiles.yml that dbt would read from the project's root."""
    folder = environment().get("DBT_PROFILES_DIR")
    return (Path(folder) if folder else ROOT) / "profiles.yml"


def _render(value: Any, variables: Mapping[str, str]) -> Any:
    """Render the `{{ env_var(...) }}` of a profile as dbt does."""
    if isinstance(value, dict):
        return {key: _render(item, variables) for key, item in value.items()}
    if not isinstance(value, str) or "{{" not in value:
        return value
    # Most profiles need no template engine, and its import is not free.
    from jinja2 import StrictUndefined
    from jinja2.sandbox import SandboxedEnvironment

    def env_var(name: str, default: str | None = None) -> str:
        found = variables.get(name, default)
        if found is None:
            raise SettingsError(f"{profiles_path().name}: the variable {name} is not set.")
        return found

    engine = SandboxedEnvironment(undefined=StrictUndefined)
    engine.filters["as_number"] = int
    engine.filters["as_bool"] = lambda text: str(text).strip().lower() == "true"
    return engine.from_string(value).render(env_var=env_var)


def _profile() -> tuple[str, Mapping[str, Any]]:
    """The profile's own target, and its outputs as they are written.

    Raises:
        SettingsError: if there is no profile, or it is not one.
    """
    path = profiles_path()
    if not path.exists():
        raise SettingsError(f"{path} does not exist; run `entrepot setup` to make it.")
    try:
        profile = yaml.safe_load(path.read_text(encoding="utf-8"))[PROFILE_NAME]
        own, outputs = profile.get("target") or "dev", profile["outputs"]
    except (yaml.YAMLError, KeyError, TypeError) as error:
        raise SettingsError(
            f"{path} is not a dbt profile named {PROFILE_NAME} ({error}); "
            "compare it with profiles.example.yml."
        ) from error
    return str(_render(own, environment())), outputs


def warehouse(target: str | None = None) -> Warehouse:
    """Read the target (default: the profile's own, or $DBT_TARGET) from profiles.yml.

    Raises:
        SettingsError: if there is no profile, no such target, or a setting is missing or wrong.
    """
    own, outputs = _profile()
    chosen = target or environment().get("DBT_TARGET") or own
    if chosen not in outputs:
        known = ", ".join(outputs)
        raise SettingsError(f"{profiles_path()}: there is no target '{chosen}'; it has {known}.")
    raw = _render(outputs[chosen], environment())
    missing = [key for key in ("host", "dbname", "user") if not raw.get(key)]
    if missing:
        raise SettingsError(
            f"target {chosen}: {', '.join(missing)} is empty; set the DWH_DB_... variables in the "
            "environment or in .env (see .env.example)."
        )
    found = Warehouse(
        target=chosen,
        host=str(raw["host"]),
        port=int(raw.get("port", 5432)),
        dbname=str(raw["dbname"]),
        user=str(raw["user"]),
        password=str(raw.get("password") or raw.get("pass") or ""),
        sslmode=str(raw.get("sslmode") or "prefer"),
        sslrootcert=raw.get("sslrootcert") or None,
        threads=int(raw.get("threads", 4)),
    )
    if found.sslrootcert == "system":
        trust_the_systems_certificates()
    if chosen == "prod_test" and found.dbname == environment().get("DWH_DB_NAME"):
        raise SettingsError(
            "DWH_TEST_DB_NAME names the database of prod; a rehearsal needs one of its own."
        )
    return found


def child_environment(target: str | None = None) -> dict[str, str]:
    """The environment for a subprocess (dbt, psql): `.env` included, UTF-8 and UTC settled.

    dbt reads the whole project again when it is called with another target than the time before,
    and a target that is named is another one than the same that is not. So none is named where a
    bare dbt in this shell would take it by itself.

    Raises:
        SettingsError: what should be the profile is none.
    """
    made = {**environment(), "PGCLIENTENCODING": "UTF8", "PGTZ": "UTC", "PYTHONUTF8": "1"}
    made["DO_NOT_TRACK"] = "1"
    if target:
        named = os.environ.get("DBT_TARGET", "")
        bare = named or (_profile()[0] if profiles_path().exists() else None)
        made["DBT_TARGET"] = named if target == bare else target
    return made
