"""The files that settings come from: there, for their owner alone, and without slips of the pen."""

from __future__ import annotations

import difflib
import os
import re
import stat
from collections.abc import Collection, Mapping
from pathlib import Path

from dotenv import dotenv_values

from ingest import settings
from ingest.catalog import Catalog, Table
from ingest.plan import PII_KEY, needs_key
from orchestration.preflight.model import WAREHOUSE, Check, Name

# How like a known name an unknown one is before it is taken for a slip of the pen.
ALIKE = 0.8
SUFFIXES = ("URL", "PASSWORD", "KEY_FILE", "KNOWN_HOSTS", "CA_FILE", "TIMEOUT")
# Known, and not in .env.example: they are for tests and for those who look into a fault.
OTHERS = {
    *("ENTREPOT_STATE_DIR", "ENTREPOT_LOG_DIR", "ENTREPOT_DEBUG", "ENTREPOT_RUN_ID"),
    *("DBT_TARGET", "DBT_PROFILES_DIR", "DBT_TARGET_PATH", "DBT_LOG_PATH"),
}


def check_env_file(catalog: Catalog) -> list[Check]:
    """Whether .env is there, private, and names only what somebody reads."""
    path = settings.ROOT / ".env"
    if not path.exists():
        return [
            Check(
                ".env",
                "WARNING",
                "there is none: only the environment says where the sources are",
                "entrepot setup (or copy .env.example to .env, and chmod 600 .env)",
            )
        ]
    return [_private(".env", path, "is there"), _slips(path, catalog)]


def check_profiles(target: str | None) -> list[Check]:
    """Whether profiles.yml has the target, with all that it needs."""
    path = settings.profiles_path()
    try:
        chosen = settings.warehouse(target)
    except settings.SettingsError as error:
        is_there = path.exists()
        mend = "mend it, or the variables of .env that it reads" if is_there else "entrepot setup"
        return [Check("profiles.yml", "FAIL", str(error), mend, WAREHOUSE)]
    said = f"target {chosen.target}: {chosen.dbname} on {chosen.host}:{chosen.port}"
    return [_private("profiles.yml", path, said)]


def check_pseudonyms(tables: Collection[Table], variables: Mapping[str, str]) -> list[Check]:
    """Whether the key of the pseudonyms is set where a table that will land needs it."""
    landing = [table for table in tables if any(variables.get(c) for c in table.connections)]
    needing = sorted({table.source for table in landing if needs_key(table)})
    if not needing:
        return [Check("pseudonyms", "OK", "no table that lands needs their key")]
    if variables.get(PII_KEY, "").strip():
        return [Check("pseudonyms", "OK", f"their key is set, for {', '.join(needing)}")]
    return [
        Check(
            "pseudonyms",
            "FAIL",
            f"{PII_KEY} is empty, and {source} declares personal columns",
            f"set {PII_KEY} in .env: the one of before if there was one, else 64 random letters",
            f"source:{source}",
        )
        for source in needing
    ]


def _private(name: Name, path: Path, said: str) -> Check:
    """Whether a file with secrets is closed to others; Windows has other means than modes."""
    mode = stat.S_IMODE(path.stat().st_mode)
    if os.name != "nt" and mode & 0o077:
        who = f"others may read it (mode {mode:04o})"
        return Check(name, "WARNING", f"{said}; {who}", f"chmod 600 {path}")
    return Check(name, "OK", said)


def _slips(path: Path, catalog: Catalog) -> Check:
    known = known_variables(catalog)
    slips = []
    for name in dotenv_values(path):
        like = difflib.get_close_matches(name, known, n=1, cutoff=ALIKE)
        if name not in known and like:
            slips.append(f"{name} (is it {like[0]}?)")
    if slips:
        return Check(
            "variables",
            "WARNING",
            f"nobody reads {', '.join(slips)}",
            "mend the name in .env; .env.example explains each variable",
        )
    return Check("variables", "OK", "each name of .env that is like ours is one of ours")


def known_variables(catalog: Catalog) -> set[str]:
    """The variables that somebody reads: those of .env.example, of the profile and the sources."""
    example = (settings.ROOT / ".env.example").read_text(encoding="utf-8")
    known = set(re.findall(r"^#? ?([A-Z][A-Z0-9_]+)=", example, re.MULTILINE))
    profile = settings.profiles_path()
    if profile.exists():
        asked = re.findall(r"env_var\(\s*['\"](\w+)", profile.read_text(encoding="utf-8"))
        known.update(asked)
    for source in catalog.sources:
        for connection in {c for table in source.tables for c in table.connections}:
            known.update(f"{connection.removesuffix('_URL')}_{suffix}" for suffix in SUFFIXES)
    return known | OTHERS
