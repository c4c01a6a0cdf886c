"""The docs site: dbt's own pages as one static file."""

from __future__ import annotations

import contextlib
import shutil
from pathlib import Path

from ingest.settings import ROOT, SettingsError, Warehouse
from orchestration.dbt import run_dbt

SITE = ROOT / "docs" / "site"


def write_docs(warehouse: Warehouse) -> Path:
    """Write the docs site and return the page to open.

    dbt gets a target folder of its own: `docs generate` would overwrite the results of the last
    build.

    Raises:
        SettingsError: if dbt could not write it; dbt has said why.
    """
    target = ROOT / "target" / "docs"
    arguments = ["--quiet", "docs", "generate", "--static", "--target-path", str(target)]
    if run_dbt(warehouse, arguments, lock=False):
        raise SettingsError("the docs were not written; dbt says above what is wrong.")
    SITE.mkdir(parents=True, exist_ok=True)
    page = SITE / "index.html"
    with contextlib.suppress(FileNotFoundError):
        page.unlink()
    shutil.copyfile(target / "static_index.html", page)
    return page
