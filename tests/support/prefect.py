"""A Prefect server of its own for a test, and flow runs that are scheduled there for now."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import time
import urllib.error
import urllib.request
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from orchestration.processes import end_tree
from tests.support.house import beside_python

UP_SECONDS = 120
OVER = {"COMPLETED", "FAILED", "CRASHED", "CANCELLED"}


@dataclass(frozen=True)
class Prefect:
    """A running server. `variables`: what leads a client to it."""

    url: str
    variables: dict[str, str]

    def ask(self, path: str, body: dict[str, Any] | None = None) -> Any:
        """An answer of its API; a server that is busy for a while is asked again."""
        for _ in range(20):
            try:
                return self._ask(path, body)
            except urllib.error.HTTPError as error:
                if error.code != 503:
                    raise
            except TimeoutError:
                pass  # it shares two cores with what it has started
            time.sleep(1)
        return self._ask(path, body)

    def _ask(self, path: str, body: dict[str, Any] | None) -> Any:
        request = urllib.request.Request(
            f"{self.url}/{path}",
            data=None if body is None else json.dumps(body).encode(),
            headers={"Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=30) as answer:
            return json.load(answer)

    def deployments(self) -> dict[str, Any]:
        """The deployments that are served, by name."""
        return {one["name"]: one for one in self.ask("deployments/filter", {})}

    def run(self, name: str, patience: float = 600.0) -> tuple[str, str]:
        """Schedule a run for now, and wait until whoever serves has run it: state and message."""
        deployment = self.deployments()[name]
        state = {
            "type": "SCHEDULED",
            "state_details": {"scheduled_time": datetime.now(UTC).isoformat()},
        }
        # Asked again, it is the same run.
        wanted = {"state": state, "idempotency_key": uuid.uuid4().hex}
        made = self.ask(f"deployments/{deployment['id']}/create_flow_run", wanted)
        until = time.monotonic() + patience
        while time.monotonic() < until:
            found = self.ask(f"flow_runs/{made['id']}")
            if found["state_type"] in OVER:
                return found["state_type"], found["state"]["message"] or ""
            time.sleep(0.3)
        raise TimeoutError(f"{name} did not end in {patience:.0f} s: {found['state']}")


def _free_port() -> int:
    with socket.socket() as opened:
        opened.bind(("127.0.0.1", 0))
        return int(opened.getsockname()[1])


@contextmanager
def prefect_server(folder: Path) -> Iterator[Prefect]:
    """A server on a free port, with its database in the folder; ended and removed afterwards."""
    port = _free_port()
    url = f"http://127.0.0.1:{port}/api"
    variables = {
        "PREFECT_HOME": str(folder),
        "PREFECT_API_URL": url,
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        "PREFECT_RUNNER_POLL_FREQUENCY": "1",
        # By default the next runs are planned once a minute.
        "PREFECT_SERVER_SERVICES_SCHEDULER_LOOP_SECONDS": "5",
        "DO_NOT_TRACK": "1",
    }
    with (folder.parent / f"{folder.name}.log").open("w") as log:
        process = subprocess.Popen(
            [
                beside_python("prefect"),
                "server",
                "start",
                "--host",
                "127.0.0.1",
                "--port",
                str(port),
            ],
            env={**os.environ, **variables},
            stdout=log,
            stderr=subprocess.STDOUT,
        )
    try:
        _wait_for(url, process)
        yield Prefect(url, variables)
    finally:
        end_tree(process.pid)
        process.wait()
        shutil.rmtree(folder, ignore_errors=True)


def _wait_for(url: str, process: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + UP_SECONDS
    while time.monotonic() < until:
        assert process.poll() is None, "the Prefect server ended at once"
        try:
            with urllib.request.urlopen(f"{url}/health", timeout=2):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.3)
    raise TimeoutError(f"no Prefect server at {url}")
