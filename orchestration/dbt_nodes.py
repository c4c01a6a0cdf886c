"""What the project declares of its models, seeds, snapshots and tests, as dbt itself lists it."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Sequence
from typing import Any

from ingest.settings import ROOT, SettingsError, Warehouse, child_environment
from orchestration.builds import dbt_command


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
    command = [dbt_command(), "--quiet", "ls"]
    command += ["--select", *select] if select else []
    for kind in types:
        command += ["--resource-type", kind]
    command += ["--output", "json", "--output-keys", *keys]
    done = subprocess.run(
        command,
        cwd=ROOT,
        env=child_environment(chosen.target),
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )
    if done.returncode:
        lines = (done.stdout + done.stderr).strip().splitlines()
        raise SettingsError(f"dbt cannot read the project: {lines[-1] if lines else ''}")
    return [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
