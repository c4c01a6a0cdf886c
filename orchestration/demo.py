"""`entrepot demo`: the whole road on made-up deliveries, on the embedded PostgreSQL."""

from __future__ import annotations

import re
import secrets
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path

from ingest import server
from ingest.plan import PII_KEY
from ingest.server.state import write_private
from ingest.settings import ROOT, SettingsError, child_environment, environment, warehouse
from orchestration.builds import run_dbt

DELIVERIES = ROOT / "demo-data"
# The demo's sources: those that deliver files, and those that are databases.
BY_FILES, BY_DATABASE = ("fluxvision", "atelier"), ("sigeti", "erp", "commandes")


def ensure_env_file() -> Path:
    """Make .env from .env.example (0600) if there is none, with a key for the pseudonyms."""
    path = ROOT / ".env"
    if not path.exists():
        text = (ROOT / ".env.example").read_text(encoding="utf-8")
        write_private(path, text)
        _fill_in({PII_KEY: secrets.token_hex(32)})
    return path


def _fill_in(values: Mapping[str, str]) -> None:
    """Write values into .env, each in the place of its variable, else at the end."""
    path = ROOT / ".env"
    left = dict(values)
    lines = []
    for line in path.read_text(encoding="utf-8").splitlines(keepends=True):
        name = line.split("=")[0].strip()
        lines.append(f"{name}={left.pop(name)}\n" if name in left else line)
    lines += [f"{name}={value}\n" for name, value in left.items()]
    write_private(path, "".join(lines))
    environment.cache_clear()


def _point_source_at(variable: str, place: str, **others: str) -> None:
    """Fill in an empty variable of .env, so that later runs find the demo's source.

    `others`: further variables that belong to it, such as its password.

    Raises:
        SettingsError: if it names another place: made-up rows never mix with real ones.
    """
    ensure_env_file()
    environment.cache_clear()
    current = environment().get(variable, "")
    if current and _without_port(current) != _without_port(place):
        raise SettingsError(
            f"{variable} already names {current.split('@')[-1]}: the demo would mix made-up rows "
            "with real ones. Empty it in .env, or run the demo in another clone."
        )
    wanted = {variable: place, **others}
    if not environment().get(PII_KEY, "").strip():
        wanted[PII_KEY] = secrets.token_hex(32)
    missing = {name: value for name, value in wanted.items() if environment().get(name) != value}
    if missing:
        _fill_in(missing)


def _without_port(place: str) -> str:
    """The embedded server may have moved to another port since."""
    return re.sub(r"(@127\.0\.0\.1):\d+", r"\1", place)


def _deliver() -> None:
    """Make what the sources deliver; what is there already is left as it is."""
    for name in BY_FILES:
        place = str(DELIVERIES / name)
        _point_source_at(f"{name.upper()}_URL", place)
        _step("demo", name, "--out", place, module=True)
    for name in BY_DATABASE:
        url, password = server.source_database(name)
        variable = name.upper()
        _point_source_at(f"{variable}_URL", url, **{f"{variable}_PASSWORD": password})
        _step("demo", name, "--url", url, module=True, PGPASSWORD=password)


def _step(name: str, *arguments: str, module: bool = False, **variables: str) -> int:
    command = [sys.executable, *(["-m"] if module else []), name, *arguments]
    settings = {**child_environment("dev"), **variables}
    done = subprocess.run(command, cwd=ROOT, env=settings, check=False)
    if done.returncode:
        raise SettingsError(f"{name} ended with exit code {done.returncode}; it says above why.")
    return done.returncode


def run_demo() -> int:
    """Deliver, ingest, build, document, and say how to look at the result.

    Returns:
        0, or the exit code of the step that failed.
    """
    from ingest.catalog import load_catalog
    from orchestration.docs import write_docs
    from orchestration.monitor import show_monitor

    began = time.monotonic()
    print("1/5 The embedded PostgreSQL", flush=True)
    server.up()
    server.prepare_databases(sorted({source.schema for source in load_catalog().sources}))
    print("2/5 The demo sources", flush=True)
    _deliver()
    print("3/5 Landing: python ingest/run_all.py", flush=True)
    _step(str(Path("ingest") / "run_all.py"))
    print("4/5 Building: dbt build", flush=True)
    chosen = warehouse("dev")
    # Unit tests prove the models, not the data: `make test` runs them.
    quiet = [] if sys.stdout.isatty() else ["--quiet"]
    code = run_dbt(chosen, ["build", "--exclude-resource-type", "unit_test", *quiet])
    if code:
        return code
    print("5/5 The docs site", flush=True)
    page = write_docs(chosen, only_if_changed=True)
    print()
    show_monitor(chosen)
    print(_how_to_look(page, time.monotonic() - began))
    return 0


def _how_to_look(page: Path, seconds: float) -> str:
    reader = server.reader()
    return f"""
Done in {seconds:.0f} s. The server stays up (`entrepot down` stops it).

Connect a BI tool, with read-only rights on dimensions, facts and marts:
  host {reader.host}   port {reader.port}   database {reader.dbname}
  user {reader.user}   password: under "{reader.user}" in .entrepot/server.json
Or look at once:  .venv/bin/entrepot psql --role reader
Docs:             open {page}
"""
