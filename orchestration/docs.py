"""The docs site: dbt's own pages as one static file, the pages of docs/, the lineage of columns."""

from __future__ import annotations

import contextlib
import json
import shutil
from pathlib import Path

from ingest.settings import ROOT, SettingsError, Warehouse
from orchestration.builds import run_dbt
from orchestration.changes import project_fingerprint
from orchestration.pages import write_pages

SITE = ROOT / "docs" / "site"
# A target folder of its own: `docs generate` would overwrite the results of the last build.
TARGET = ROOT / "target" / "docs"


def write_docs(warehouse: Warehouse, *, only_if_changed: bool = False) -> Path:
    """Write the docs site and return the page to open.

    Args:
        only_if_changed: keep dbt's page if the project is the one that it was made from.

    Raises:
        SettingsError: if dbt could not write it; dbt has said why.
    """
    if only_if_changed and is_current():
        write_pages(SITE / "pages")
        return SITE / "index.html"
    _generate(warehouse)
    return publish()


def is_current() -> bool:
    """Whether dbt's pages are there, and made from the project as it is."""
    page, stamp = SITE / "index.html", SITE / "made-from"
    return page.exists() and stamp.exists() and stamp.read_text() == project_fingerprint()


def write_everything(warehouse: Warehouse) -> Path:
    """Write the site, the drawings of the stars, the lineage of columns; return the page to open.

    The lineage takes a while and the drawings are a page of the project, so neither is part of
    what a run writes.

    Raises:
        SettingsError: if dbt could not write the site; dbt has said why.
    """
    from orchestration.drawings import PAGE, write_stars
    from orchestration.lineage import write_lineage

    _generate(warehouse)
    if write_stars(json.loads((TARGET / "manifest.json").read_bytes()), PAGE):
        print(f"Written anew, for the next commit: {PAGE.relative_to(ROOT)}")
    page = publish()
    unread = write_lineage(TARGET, SITE / "lineage.html")
    if unread:
        print(f"Lineage of columns: not through {', '.join(unread)}")
    return page


def _generate(warehouse: Warehouse) -> None:
    arguments = ["--quiet", "docs", "generate", "--static", "--target-path", str(TARGET)]
    if run_dbt(warehouse, arguments, lock=False):
        raise SettingsError("the docs were not written; dbt says above what is wrong.")


def publish() -> Path:
    """Make the site from what dbt wrote into TARGET and from docs/; return the page to open."""
    page, stamp = SITE / "index.html", SITE / "made-from"
    SITE.mkdir(parents=True, exist_ok=True)
    with contextlib.suppress(FileNotFoundError):
        page.unlink()
    shutil.copyfile(TARGET / "static_index.html", page)
    write_pages(SITE / "pages")
    stamp.write_text(project_fingerprint())
    return page
