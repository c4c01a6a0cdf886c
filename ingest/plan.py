"""What a request will do: which tables arrive where, and which are skipped and why."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from ingest.catalog import Catalog, DatabaseOrigin, Generated, Source, Table, select
from ingest.databases.opening import check_url, is_database, patience
from ingest.files.protect import PSEUDONYMISE
from ingest.keeping import NOTHING_KEPT, Keeping, keeping
from ingest.settings import SettingsError

PII_KEY = "ENTREPOT_PII_KEY"


def pii_key(variables: Mapping[str, str]) -> bytes | None:
    """The key of the pseudonyms; None where it is not set."""
    return variables.get(PII_KEY, "").strip().encode() or None


@dataclass(slots=True)
class Stop:
    """One place of one source and the selected tables that arrive there.

    `connection` names the place in the ledger; `here` are all tables that arrive there,
    `selected` those that were asked for. `keeping`: what becomes of what is delivered there.
    """

    source: Source
    connection: str
    url: str
    is_database: bool = False
    keeping: Keeping = NOTHING_KEPT
    here: dict[str, Table] = field(default_factory=dict)
    selected: list[Table] = field(default_factory=list)


@dataclass(slots=True)
class Plan:
    """What will be done.

    `tables`: the selected ones, by priority. `prepared`: all tables of their sources, which exist
    after the run whatever comes. `skipped`: one line per source or group of tables without a place.
    """

    tables: tuple[Table, ...]
    prepared: tuple[Table, ...]
    stops: list[Stop] = field(default_factory=list)
    generated: list[Table] = field(default_factory=list)
    skipped: list[str] = field(default_factory=list)

    @property
    def schemas(self) -> list[str]:
        """The raw schemas that are written to."""
        return sorted({table.schema for table in self.prepared})


def make_plan(
    catalog: Catalog,
    selectors: Sequence[str],
    variables: Mapping[str, str],
    data_path: str | None = None,
) -> Plan:
    """Settle where each selected table is taken from.

    `data_path` stands for the places of all selected sources that come in files.

    Raises:
        UnknownSelection: a selector names nothing.
        SettingsError: a source that was selected by name has no connection; a table has personal
            columns and there is no key for their pseudonyms.
    """
    selected = select(catalog, selectors)
    sources = {table.source for table in selected}
    plan = Plan(selected, tuple(table for table in catalog.tables if table.source in sources))
    named = {selector.partition(".")[0] for selector in selectors}
    for source in catalog.listed:
        stops: dict[str, Stop] = {}
        missing: dict[str, list[str]] = {}
        for table in source.tables:
            asked = table in selected
            if isinstance(table.origin, Generated):
                if asked:
                    plan.generated.append(table)
                continue
            connection, url = _place(source, table, variables, data_path)
            if url and url == variables.get(source.connection or "", "").strip():
                connection = source.connection or connection
            if url:
                # Two variables with one value are one place, read once.
                is_database = isinstance(table.origin, DatabaseOrigin)
                if url not in stops:
                    kept = NOTHING_KEPT if is_database else keeping(source, url, variables)
                    if data_path:
                        # Not the place that is declared: nothing is taken away from it.
                        kept = replace(kept, after_landing="keep")
                    stops[url] = Stop(source, connection, url, is_database, kept)
                stop = stops[url]
                stop.here[table.name] = table
                if asked:
                    _refuse(table, connection, url, variables)
                    stop.selected.append(table)
            elif asked:
                missing.setdefault(connection, []).append(table.name)
        plan.stops += [stop for stop in stops.values() if stop.selected]
        for connection, names in missing.items():
            line = _skip_line(
                source, connection, names, [t for t in selected if t.source == source.name]
            )
            # Of a source with tables in several places those are read whose place is known.
            is_named = any(f"{source.name}.{name}" in selectors for name in names)
            is_read = any(stop.selected for stop in stops.values())
            if is_named or (source.name in named and not is_read):
                raise SettingsError(line)
            plan.skipped.append(line)
    return plan


def needs_key(table: Table) -> bool:
    """Whether a table cannot land without the key of the pseudonyms."""
    if isinstance(table.origin, DatabaseOrigin):
        return PSEUDONYMISE in table.pii.values()
    # The hash of a rejected line is keyed too, so a file needs the key even if it only drops.
    return bool(table.pii)


def _place(
    source: Source, table: Table, variables: Mapping[str, str], data_path: str | None
) -> tuple[str, str]:
    """The variable and the URL of a table: of its variables the first one that is set."""
    if data_path and not isinstance(table.origin, DatabaseOrigin):
        return source.connection or source.name, data_path
    for connection in table.connections:
        if url := variables.get(connection, "").strip():
            return connection, url
    return (table.connections or (f"{source.name.upper()}_URL",))[-1], ""


def _refuse(table: Table, connection: str, url: str, variables: Mapping[str, str]) -> None:
    if needs_key(table) and not pii_key(variables):
        raise SettingsError(f"{table.key} has personal columns: set {PII_KEY} in .env")
    if isinstance(table.origin, DatabaseOrigin):
        check_url(connection, url)
        patience(connection, variables)
    elif is_database(url):
        raise SettingsError(f"{connection}: {table.key} comes in files; name their place")


def _skip_line(
    source: Source, connection: str, names: Sequence[str], asked: Sequence[Table]
) -> str:
    what = source.name
    if len(names) < len(asked):
        which = ", ".join(names) if len(names) < 6 else f"{len(names)} tables"
        what = f"{source.name} ({which})"
    return f"{what}: skipped, {connection} is empty (set it in .env)"
