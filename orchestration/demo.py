"""`entrepot demo`: the whole road on made-up deliveries, on the embedded PostgreSQL."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

from ingest import server
from ingest.settings import ROOT, SettingsError, child_environment, environment, warehouse
from orchestration.dbt import run_dbt

DELIVERIES = ROOT / "demo-data"
FLUXVISION = DELIVERIES / "fluxvision"


def ensure_env_file() -> Path:
    """Make .env from .env.example (0600) if there is none."""
    path = ROOT / ".env"
    if not path.exists():
        text = (ROOT / ".env.example").read_text(encoding="utf-8")
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w", encoding="utf-8") as stream:
            stream.write(text)
    return path


def _point_source_at(variable: str, folder: Path) -> None:
    """Fill in an empty variable of .env, so that later runs find the demo's deliveries.

    Raises:
        SettingsError: if it names another place: made-up rows never mix with real ones.
    """
    current = environment().get(variable, "")
    if current and Path(current) != folder:
        raise SettingsError(
            f"{variable} already names {current.split('@')[-1]}: the demo would mix made-up rows "
            "with real ones. Empty it in .env, or run the demo in another clone."
        )
    path = ensure_env_file()
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    changed = [
        f"{variable}={folder}\n" if line.split("=")[0].strip() == variable else line
        for line in lines
    ]
    if not any(line.startswith(f"{variable}=") for line in changed):
        changed.append(f"{variable}={folder}\n")
    if changed != lines:
        path.write_text("".join(changed), encoding="utf-8")
    environment.cache_clear()


def _deliver() -> None:
    """Make the demo deliveries; those that are there already are left as they are."""
    _step("demo", "fluxvision", "--out", str(FLUXVISION), module=True)


def _step(name: str, *arguments: str, module: bool = False) -> int:
    command = [sys.executable, *(["-m"] if module else []), name, *arguments]
    done = subprocess.run(command, cwd=ROOT, env=child_environment("dev"), check=False)
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
    _point_source_at("FLUXVISION_URL", FLUXVISION)
    print("1/5 The embedded PostgreSQL", flush=True)
    server.up()
    server.prepare_databases(sorted({source.schema for source in load_catalog().sources}))
    print("2/5 The demo deliveries", flush=True)
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
