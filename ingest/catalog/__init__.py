"""What there is to land: dbt's source YAML, read and validated into typed objects.

    models/**/_<source>__sources*.yml + dbt_project.yml -> Catalog(sources -> tables)

Every wrong entry is told at once, naming file, table and key, before anything is extracted.
"""

from ingest.catalog.model import (
    AfterLanding,
    Catalog,
    CatalogError,
    Column,
    DatabaseOrigin,
    Duration,
    Expected,
    FilesOrigin,
    Freshness,
    Generated,
    LinesOrigin,
    Mode,
    Origin,
    Priority,
    Source,
    Subject,
    Table,
)
from ingest.catalog.reading import archive_problems, load_catalog
from ingest.catalog.selection import UnknownSelection, select

__all__ = [
    "AfterLanding",
    "Catalog",
    "CatalogError",
    "Column",
    "DatabaseOrigin",
    "Duration",
    "Expected",
    "FilesOrigin",
    "Freshness",
    "Generated",
    "LinesOrigin",
    "Mode",
    "Origin",
    "Priority",
    "Source",
    "Subject",
    "Table",
    "UnknownSelection",
    "archive_problems",
    "load_catalog",
    "select",
]
