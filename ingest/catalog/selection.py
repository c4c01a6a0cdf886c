"""`--select`: sources, or tables of a source, by name or by shell-like pattern."""

from __future__ import annotations

from collections.abc import Sequence
from fnmatch import fnmatchcase

from ingest.catalog.model import Catalog, Table


class UnknownSelection(ValueError):
    """A selector that names nothing; the message says what there is."""


def select(catalog: Catalog, selectors: Sequence[str]) -> tuple[Table, ...]:
    """Tables that any of `selectors` names (`fluxvision`, `fluxvision.nuitee`, `*.nuitee_*`).

    No selector means every table. The order is by priority, then as declared.

    Raises:
        UnknownSelection: a selector that matches nothing.
    """
    tables = catalog.tables
    for selector in selectors:
        if not any(_matches(table, selector) for table in tables):
            raise UnknownSelection(_explain(catalog, selector))
    chosen = (
        table
        for table in tables
        if not selectors or any(_matches(table, selector) for selector in selectors)
    )
    return tuple(sorted(chosen, key=lambda table: table.priority))


def _matches(table: Table, selector: str) -> bool:
    return fnmatchcase(table.key if "." in selector else table.source, selector)


def _explain(catalog: Catalog, selector: str) -> str:
    source_name = selector.partition(".")[0]
    for source in catalog.listed:
        if source.name == source_name:
            names = ", ".join(table.name for table in source.tables)
            return f"--select {selector}: {source_name} has no such table (it has: {names})"
    names = ", ".join(source.name for source in catalog.listed) or "none"
    return f"--select {selector}: no such source is listed in dbt_project.yml (listed: {names})"
