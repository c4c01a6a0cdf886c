"""From the project's YAML files to a `Catalog`; collects every problem before it gives up."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

from ingest.catalog import grammar
from ingest.catalog.documents import load
from ingest.catalog.entries import Problems, read_table
from ingest.catalog.model import (
    AfterLanding,
    Catalog,
    CatalogError,
    FilesOrigin,
    LinesOrigin,
    Source,
    Table,
)
from ingest.settings import ROOT

# Generated calendars and geography are ours, not a system that an installation may lack.
ALWAYS_LISTED = ("reference",)


@dataclass(slots=True)
class _Draft:
    """A source as its files declare it, piece by piece."""

    name: str
    label: str
    schema: str
    connection: str | None = None
    archive: str | None = None
    after_landing: str | None = None
    ignore: dict[str, str] = field(default_factory=dict)
    tables: dict[str, Table] = field(default_factory=dict)


def load_catalog(project: Path = ROOT) -> Catalog:
    """Read and validate every source that the project at `project` declares.

    A source without an `ingest` entry (such as the control tables) is none of ours. All files
    are validated, also those of sources that `vars: sources` leaves out.

    Raises:
        CatalogError: with one line per problem.
    """
    problems = Problems()
    settings = _project_settings(project, problems)
    drafts: dict[str, _Draft] = {}
    for path in _source_files(project, settings.get("model-paths") or ["models"]):
        label = path.relative_to(project).as_posix()
        try:
            document = load(path, label)
        except CatalogError as error:
            problems.lines.extend(error.problems)
            continue
        for entry in document.get("sources") or []:
            _add_source(drafts, entry, label, problems)
    _check_naming(drafts.values(), problems)
    for draft in drafts.values():
        _check_archive(draft, problems)
    if problems.lines:
        raise CatalogError(problems.lines)
    listed = _listed(settings)
    names = list(drafts) if listed is None else [*ALWAYS_LISTED, *listed]
    order = {name: position for position, name in enumerate(dict.fromkeys(names))}
    return Catalog(
        tuple(
            Source(
                name=draft.name,
                schema=draft.schema,
                connection=draft.connection,
                ignore=draft.ignore,
                tables=tuple(draft.tables.values()),
                listed=draft.name in order,
                archive=draft.archive,
                after_landing=cast(AfterLanding, draft.after_landing or "keep"),
            )
            for draft in sorted(drafts.values(), key=lambda item: order.get(item.name, len(order)))
        )
    )


def _project_settings(project: Path, problems: Problems) -> dict[str, Any]:
    path = project / "dbt_project.yml"
    if not path.exists():
        return {}
    try:
        return load(path, path.name)
    except CatalogError as error:
        problems.lines.extend(error.problems)
        return {}


def _listed(settings: dict[str, Any]) -> list[str] | None:
    """`vars: sources`, at the top of `vars` or under the project's own name; None: all."""
    variables = settings.get("vars") or {}
    own = variables.get(settings.get("name"))
    listed = variables.get("sources", own.get("sources") if isinstance(own, dict) else None)
    return None if listed is None else [str(name) for name in listed]


def _source_files(project: Path, folders: Iterable[str]) -> Iterator[Path]:
    for folder in folders:
        yield from sorted(
            path
            for pattern in ("_*__sources*.yml", "_*__sources*.yaml")
            for path in (project / folder).rglob(pattern)
        )


def _add_source(drafts: dict[str, _Draft], entry: Any, label: str, problems: Problems) -> None:
    if not isinstance(entry, dict) or not isinstance(entry.get("name"), str):
        problems.add(label, "sources", "name", "a source has no name")
        return
    name = entry["name"]
    tables = entry.get("tables") or []
    own = problems.ingest_of(entry, label, name)
    if own is None and not any(problems.has_ingest(table) for table in tables):
        return
    schema = str(entry.get("schema", name))
    problems.read(label, name, "schema", grammar.name, schema)
    draft = drafts.setdefault(name, _Draft(name, label, schema))
    if draft.schema != schema:
        problems.add(label, name, "schema", f"{draft.label} says {draft.schema!r}")
    _add_settings(draft, own or {}, label, problems)
    freshness = (entry.get("config") or {}).get("freshness", entry.get("freshness"))
    for table_entry in tables:
        table = read_table(table_entry, draft.name, schema, own or {}, freshness, label, problems)
        if table is None:
            continue
        if earlier := draft.tables.get(table.name):
            problems.add(label, table.key, "name", f"{earlier.declared_in} declares it too")
        else:
            draft.tables[table.name] = table


def _add_settings(draft: _Draft, own: dict[str, Any], label: str, problems: Problems) -> None:
    known: dict[str, Callable[[Any], str]] = {
        "connection": grammar.variable,
        "archive": grammar.text,
        "after_landing": grammar.after_landing,
    }
    problems.refuse_unknown(own, {*known, "ignore"}, label, draft.name)
    for key, parser in known.items():
        if key in own:
            value = problems.read(label, draft.name, key, parser, own[key])
            held = getattr(draft, key)
            if held not in (None, value):
                problems.add(label, draft.name, key, f"{draft.label} says {held!r}")
            setattr(draft, key, value)
    if "ignore" in own:
        read = problems.read(label, draft.name, "ignore", grammar.globs, own["ignore"])
        draft.ignore.update(read or {})


def _check_archive(draft: _Draft, problems: Problems) -> None:
    """What may be kept as it came, and what may be taken away for it."""
    for key, what in archive_problems(
        draft.archive, draft.after_landing or "keep", draft.tables.values()
    ):
        problems.add(draft.label, draft.name, key, what)


def archive_problems(
    archive: str | None, after_landing: str, tables: Iterable[Table]
) -> Iterator[tuple[str, str]]:
    """The keys that are wrong with an archive of these tables, and why; nothing if all is well."""
    if after_landing != "keep" and not archive:
        yield "after_landing", f"{after_landing} needs an `archive`, which then has the only copy"
    if not archive:
        return
    in_files = [t for t in tables if isinstance(t.origin, FilesOrigin | LinesOrigin)]
    if not in_files:
        yield "archive", "no table of this source comes in files: there is nothing to keep"
    for table in in_files:
        if table.pii:
            yield "archive", f"{table.key} has personal columns, which a copy of its files keeps"


def _check_naming(drafts: Iterable[_Draft], problems: Problems) -> None:
    """Refuse patterns that no file name could have, and names that two tables would claim."""
    from ingest.files.errors import NamingConflict
    from ingest.files.naming import Naming

    for draft in drafts:
        origins = {
            table.name: table.origin
            for table in draft.tables.values()
            if isinstance(table.origin, FilesOrigin | LinesOrigin)
        }
        for name, origin in origins.items():
            try:
                Naming.of({name: origin}, {})
            except (ValueError, NamingConflict) as error:
                table = draft.tables[name]
                problems.add(table.declared_in, table.key, "files", str(error))
                return
        try:
            Naming.of(origins, draft.ignore)
        except (ValueError, NamingConflict) as error:
            problems.add(draft.label, draft.name, "files", str(error))
