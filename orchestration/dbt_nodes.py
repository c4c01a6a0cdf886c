"""What the project declares of its models, seeds, snapshots and tests, as dbt itself says it."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ingest.settings import ROOT, SettingsError, Warehouse, child_environment
from orchestration.builds import dbt_command


class DbtRefused(Exception):
    """dbt could not read or compile the project: its own words, in one line."""


def list_nodes(
    chosen: Warehouse,
    keys: Sequence[str],
    *,
    select: Sequence[str] = (),
    types: Sequence[str] = (),
) -> list[dict[str, Any]]:
    """The nodes that are enabled for a target, each with these keys of dbt's manifest.

    Args:
        select: dbt's selectors; all nodes by default.
        types: `model`, `seed`, `snapshot`, `test`; all by default.

    Raises:
        SettingsError: dbt cannot read the project.
    """
    command = ["ls", *(["--select", *select] if select else [])]
    for kind in types:
        command += ["--resource-type", kind]
    command += ["--output", "json", "--output-keys", *keys]
    try:
        answer = ask_dbt(chosen, *command)
    except DbtRefused as error:
        raise SettingsError(f"dbt cannot read the project: {error}") from error
    return [json.loads(line) for line in answer.splitlines() if line.startswith("{")]


def compiled(chosen: Warehouse, folder: Path, *arguments: str) -> dict[str, Any]:
    """dbt's manifest of the project, with the SQL of what some arguments of `dbt compile` select.

    Args:
        folder: dbt's target folder for it, which no build uses.

    Raises:
        DbtRefused: it cannot compile them.
    """
    ask_dbt(chosen, "compile", *arguments, "--target-path", str(folder))
    manifest: dict[str, Any] = json.loads((folder / "manifest.json").read_bytes())
    return manifest


def ask_dbt(chosen: Warehouse, *arguments: str) -> str:
    """What a command of dbt that builds nothing says.

    Raises:
        DbtRefused: it ended with an error.
    """
    done = subprocess.run(
        [dbt_command(), "--quiet", *arguments],
        cwd=ROOT,
        env=child_environment(chosen.target),
        capture_output=True,
        text=True,
        encoding="utf-8",
        errors="replace",
        check=False,
    )
    if done.returncode:
        raise DbtRefused(_why(done.stdout + done.stderr))
    return done.stdout


def _why(said: str) -> str:
    """The line in which dbt says what is wrong, with the one below it; else the last line."""
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    errors = [line for line in lines if "Error" in line]
    last = errors[-1] if errors else lines[-1] if lines else "it says nothing"
    at = lines.index(last) if lines else 0
    return f"{last} {lines[at + 1]}" if lines and at + 1 < len(lines) else last
