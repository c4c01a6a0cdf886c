"""What the preflight asks of Prefect, and how it stands by what nobody foresaw."""

from __future__ import annotations

import json
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from typing import Any, get_args

import pytest

from ingest.catalog import load_catalog
from orchestration.preflight import Check, exit_code, tools
from orchestration.preflight.model import Name, guarded
from tests.support.private import ROOT


class Prefect(BaseHTTPRequestHandler):
    """As much of a Prefect server as is asked."""

    known: dict[str, str] = {}  # noqa: RUF012 - each test sets its own
    health: bytes = b"true"

    def do_GET(self) -> None:
        self._answer(self.health)

    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        names = asked["deployments"]["name"]["any_"]
        held = [{"name": n, "status": s} for n, s in self.known.items() if n in names]
        self._answer(json.dumps(held).encode())

    def log_message(self, *_: Any) -> None:
        """Nothing: the test's own output is enough."""

    def _answer(self, body: bytes) -> None:
        self.send_response(200)
        self.end_headers()
        self.wfile.write(body)


def test_prefect_its_deployments_and_its_runner(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cadences = tmp_path / "cadences.yml"
    cadences.write_text(
        "time_zone: Europe/Paris\ncadences:\n"
        "  - {name: one, cron: 0 2 * * *, select: [erp]}\n"
        "  - {name: two, cron: 0 2 * * *, select: [sigeti]}\n"
        "  - {name: all, cron: 0 2 * * *, command: [health]}\n"
    )
    serving = HTTPServer(("127.0.0.1", 0), Prefect)
    Thread(target=serving.serve_forever, daemon=True).start()
    port = serving.server_address[1]
    catalog = load_catalog()
    variables = {"PREFECT_API_URL": f"http://127.0.0.1:{port}/api"}

    def statuses() -> dict[str, str]:
        return {c.name: c.status for c in tools.check_prefect(catalog, variables, cadences)}

    monkeypatch.setattr(Prefect, "known", {"one": "READY", "two": "READY"})
    assert statuses() == {"Prefect server": "OK", "deployments": "WARNING"}
    assert "1 of 3 are not known there: all" in str(
        tools.check_prefect(catalog, variables, cadences)
    )
    monkeypatch.setattr(Prefect, "known", {"one": "READY", "two": "NOT_READY", "all": "READY"})
    assert statuses()["runner"] == "WARNING"
    monkeypatch.setattr(Prefect, "known", dict.fromkeys(("one", "two", "all"), "READY"))
    assert set(statuses().values()) == {"OK"}
    broken = tmp_path / "broken.yml"
    broken.write_text("time_zone: Nowhere\ncadences: []\n")
    told = tools.check_prefect(catalog, variables, broken)[-1]
    assert (told.status, "Nowhere" in told.detail) == ("FAIL", True)
    monkeypatch.setattr(Prefect, "health", b"<html>")
    (other,) = tools.check_prefect(catalog, variables, cadences)
    assert (other.status, "not a Prefect server" in other.detail) == ("WARNING", True)
    serving.shutdown()
    serving.server_close()
    (gone,) = tools.check_prefect(catalog, variables, cadences)
    assert (gone.status, gone.mend) == ("WARNING", "prefect server start")


def test_what_nobody_foresaw_is_a_line_that_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    def fails() -> list[Check]:
        raise KeyError("the password is hush")

    monkeypatch.delenv("ENTREPOT_DEBUG", raising=False)
    (told,) = guarded("disk", "warehouse", fails)
    assert (told.status, told.scope) == ("FAIL", "warehouse")
    assert "hush" not in str(told)
    assert exit_code([told]) == 2
    assert exit_code([]) == 0


def test_the_page_lists_each_check() -> None:
    page = (ROOT / "docs" / "preflight.md").read_text(encoding="utf-8")
    missing = [name for name in get_args(Name) if f"| {name} |" not in page]
    assert not missing
