"""The docs site: dbt's own pages as one static file."""

from __future__ import annotations

import contextlib
import hashlib
import shutil
from pathlib import Path

from ingest.settings import ROOT, SettingsError, Warehouse
from orchestration.dbt import run_dbt

SITE = ROOT / "docs" / "site"


def _fingerprint() -> str:
    """What the pages are made from, as a hash: dbt's own files of this project."""
    digest = hashlib.sha256()
    pages = [ROOT / "dbt_project.yml"]
    for folder in ("models", "seeds", "macros", "tests/data", "analyses", "snapshots"):
        pages += sorted(path for path in (ROOT / folder).rglob("*") if path.is_file())
    for page in pages:
        digest.update(str(page.relative_to(ROOT)).encode())
        digest.update(page.read_bytes())
    return digest.hexdigest()


def write_docs(warehouse: Warehouse, *, only_if_changed: bool = False) -> Path:
    """Write the docs site and return the page to open.

    dbt gets a target folder of its own: `docs generate` would overwrite the results of the last
    build.

    Args:
        only_if_changed: keep the page that is there if the project is the one it was made from.

    Raises:
        SettingsError: if dbt could not write it; dbt has said why.
    """
    page, stamp = SITE / "index.html", SITE / "made-from"
    made_from = _fingerprint()
    if only_if_changed and page.exists() and stamp.exists() and stamp.read_text() == made_from:
        return page
    target = ROOT / "target" / "docs"
    arguments = ["--quiet", "docs", "generate", "--static", "--target-path", str(target)]
    if run_dbt(warehouse, arguments, lock=False):
        raise SettingsError("the docs were not written; dbt says above what is wrong.")
    SITE.mkdir(parents=True, exist_ok=True)
    with contextlib.suppress(FileNotFoundError):
        page.unlink()
    shutil.copyfile(target / "static_index.html", page)
    stamp.write_text(made_from)
    return page
