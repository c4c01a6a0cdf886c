"""The docs site: dbt's own pages as one static file."""

from __future__ import annotations

import contextlib
import shutil
from pathlib import Path

from ingest.settings import ROOT, SettingsError, Warehouse
from orchestration.changes import project_fingerprint
from orchestration.dbt import run_dbt

SITE = ROOT / "docs" / "site"
# A target folder of its own: `docs generate` would overwrite the results of the last build.
TARGET = ROOT / "target" / "docs"


def write_docs(warehouse: Warehouse, *, only_if_changed: bool = False) -> Path:
    """Write the docs site and return the page to open.

    Args:
        only_if_changed: keep the page that is there if the project is the one it was made from.

    Raises:
        SettingsError: if dbt could not write it; dbt has said why.
    """
    page, stamp = SITE / "index.html", SITE / "made-from"
    if (
        only_if_changed
        and page.exists()
        and stamp.exists()
        and stamp.read_text() == project_fingerprint()
    ):
        return page
    arguments = ["--quiet", "docs", "generate", "--static", "--target-path", str(TARGET)]
    if run_dbt(warehouse, arguments, lock=False):
        raise SettingsError("the docs were not written; dbt says above what is wrong.")
    return publish()


def publish() -> Path:
    """Make the site from what dbt wrote into TARGET, and return the page to open."""
    page, stamp = SITE / "index.html", SITE / "made-from"
    SITE.mkdir(parents=True, exist_ok=True)
    with contextlib.suppress(FileNotFoundError):
        page.unlink()
    shutil.copyfile(TARGET / "static_index.html", page)
    stamp.write_text(project_fingerprint())
    return page
