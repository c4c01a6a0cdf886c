"""Which column comes from which: dbt-colibri's page, made from what dbt wrote of the project."""

from __future__ import annotations

import json
import logging
import tempfile
from pathlib import Path

from ingest.settings import SettingsError

# The page may load nothing: neither the tool's statistics nor anything that a version adds later.
_NO_NETWORK = (
    "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'self' 'unsafe-inline' "
    "'unsafe-eval' data: blob:; connect-src data: blob:\">"
)


def write_lineage(target: Path, page: Path) -> list[str]:
    """Write the page of the lineage of columns, and return the models that it could not read.

    It takes some 15 s for 250 models, most of it spent on reading their SQL.

    Args:
        target: the folder with the manifest and the catalog of `dbt docs generate`.
        page: the HTML to write, one file that holds everything.

    Raises:
        SettingsError: if these files are not there.
    """
    missing = [name for name in ("manifest.json", "catalog.json") if not (target / name).exists()]
    if missing:
        raise SettingsError(
            f"{' and '.join(missing)} of the docs are not there; run `entrepot docs` first."
        )
    _reconcile()
    from dbt_colibri.lineage_extractor.extractor import DbtColumnLineageExtractor
    from dbt_colibri.report.generator import DbtColibriReportGenerator

    # The tool and its parser tell of each column that they do not follow; the page does so too.
    for name in ("colibri", "sqlglot"):
        logging.getLogger(name).setLevel(logging.CRITICAL)
    extractor = DbtColumnLineageExtractor(
        str(target / "manifest.json"), str(target / "catalog.json")
    )
    # Without compiled SQL: the docs site beside it has that.
    generator = DbtColibriReportGenerator(extractor, light_mode=True, disable_telemetry=True)
    with tempfile.TemporaryDirectory(dir=target) as folder:
        generator.generate_report(output_dir=folder)
        text = (Path(folder) / "index.html").read_text(encoding="utf-8")
        told = Path(folder) / "colibri-parsing-errors.json"
        unread = json.loads(told.read_bytes()) if told.exists() else []
    if "<head>" not in text:
        raise SettingsError("dbt-colibri wrote a page of another form; the lineage was left out.")
    page.parent.mkdir(parents=True, exist_ok=True)
    page.write_text(text.replace("<head>", f"<head>{_NO_NETWORK}", 1), encoding="utf-8")
    return sorted(error["node_id"].split(".")[-1] for error in unread)


def _reconcile() -> None:
    """Let dbt-colibri 0.3 find what sqlglot 30.3 calls by another name.

    Without it no column is followed through a `union`.
    """
    from sqlglot.optimizer.scope import Scope

    if not hasattr(Scope, "union_scopes"):
        Scope.union_scopes = property(lambda scope: scope.set_operation_scopes)
