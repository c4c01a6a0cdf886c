"""`entrepot diff`: which two relations are meant, brought together, compared, told."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass

import psycopg2
from psycopg2 import sql
from psycopg2.extensions import connection as Connection
from psycopg2.extensions import cursor as Cursor

from ingest.catalog import Catalog, load_catalog
from ingest.console import complain
from ingest.parts import Destination
from ingest.settings import TRANSFORMER_ROLE, SettingsError, Warehouse, child_environment, warehouse
from ingest.warehouse import connect, said_by, transaction
from orchestration.builds import writers_lock
from orchestration.comparing import keys, telling
from orchestration.comparing.columns import Columns, pair
from orchestration.comparing.copying import copy_here
from orchestration.comparing.counting import Comparison, Side
from orchestration.comparing.scratch import SCRATCH, build, compile_model, target_folder
from orchestration.relations import Relation, find
from orchestration.report_page import place_of

# A target and its rehearsal.
OTHER_TARGET = {"dev": "test", "test": "dev", "prod": "prod_test", "prod_test": "prod"}


@dataclass(frozen=True, slots=True)
class Request:
    """What is asked for. against: `schema.relation` of the same database; build: the working tree's
    SQL; other: a target; without any of them the rehearsal of the target.
    """

    model: str
    against: str | None = None
    build: bool = False
    other: str | None = None
    key: tuple[str, ...] = ()
    ignored: tuple[str, ...] = ()
    everything: bool = False
    examples: int = 5
    as_json: bool = False


@dataclass(frozen=True, slots=True)
class _Read:
    """One side as it was found. unique: keys that an index enforces."""

    name: str
    relation: sql.Composable
    columns: Mapping[str, str]
    unique: Sequence[Sequence[str]]


def run_diff(chosen: Warehouse, request: Request) -> int:
    """Compare, tell, and return the exit code: 0 no difference, 1 some.

    Raises:
        SettingsError: the request names nothing that is there, or nothing that can be compared.
    """
    if sum((request.build, bool(request.against), bool(request.other))) > 1:
        raise SettingsError("--build, --against and --with exclude one another; use one of them")
    if request.build:
        told = _with_scratch(chosen, request)
    elif request.against:
        told = _in_one_database(chosen, request, request.against)
    else:
        told = _with_target(chosen, request, request.other or _rehearsal(chosen))
    page = telling.write_page(told)
    if request.as_json:
        print(json.dumps(telling.as_data(told), indent=2, default=str))
    else:
        print(telling.as_text(told))
        print(f"Report: {place_of(page)}")
    return 1 if told.differs else 0


def _rehearsal(chosen: Warehouse) -> str:
    if chosen.target not in OTHER_TARGET:
        raise SettingsError(f"target {chosen.target} has no rehearsal; name one with --with")
    return OTHER_TARGET[chosen.target]


def _with_scratch(chosen: Warehouse, request: Request) -> telling.Told:
    """What is built, beside what the SQL of the working tree would build now."""
    catalog = load_catalog()
    # No other build may change in between what the model reads.
    with writers_lock(chosen):
        _say(f"compiling {request.model} …")
        compiled = compile_model(chosen, request.model)
        with closing(_opened(chosen)) as opened, transaction(opened) as cursor:
            built = _found(cursor, catalog, f"{compiled.to.schema}.{compiled.to.table}", chosen)
            _say(f"building the changed {request.model} beside it …")
            try:
                scratch = build(cursor, compiled)
            except psycopg2.Error as error:
                raise SettingsError(
                    f"{request.model}: the changed SQL fails: {said_by(error)}"
                ) from error
            changed = _Read("the working tree", scratch, _types(cursor, SCRATCH), ())
            return _compare(
                cursor, request, _read(cursor, built), changed, [built], [list(compiled.key)]
            )


def _in_one_database(chosen: Warehouse, request: Request, against: str) -> telling.Told:
    catalog = load_catalog()
    with closing(_opened(chosen)) as opened, transaction(opened) as cursor:
        one = _found(cursor, catalog, request.model, chosen)
        other = _found(cursor, catalog, against, chosen)
        if one.to == other.to:
            raise SettingsError(f"--against {against}: it is the same relation")
        sides = (_read(cursor, one), _read(cursor, other))
        return _compare(cursor, request, *sides, [one, other], [_declared(chosen, one.to)])


def _with_target(chosen: Warehouse, request: Request, name: str) -> telling.Told:
    """Two databases: what this target has is copied into a session of the other one.

    So production is only read, and its rehearsal does the work.
    """
    other = warehouse(name)
    if (chosen.host, chosen.port, chosen.dbname) == (other.host, other.port, other.dbname):
        raise SettingsError(f"--with {name}: it is the same database as that of {chosen.target}")
    catalog = load_catalog()
    with closing(_opened(other)) as opened, transaction(opened) as cursor:
        # Closed before the comparison: no build of this target waits for that.
        with closing(_opened(chosen)) as there, transaction(there) as reading:
            one = _found(reading, catalog, request.model, chosen)
            two = _found(cursor, catalog, f"{one.to.schema}.{one.to.table}", other)
            read, own = _read(reading, one), _read(cursor, two)
            candidates = [_declared(chosen, one.to)]
            key = _key(request, read, own, candidates)
            wanted = _columns(request, read, own, key)
            kept = {column.name: column.type_a for column in wanted.shared}
            _say(f"copying {one.name} of {chosen.target} into a session of {name} …")
            copied = copy_here(there, one.qualified, kept, cursor)
        read = _Read(f"target {chosen.target}", copied, read.columns, read.unique)
        own = _Read(f"target {name}", own.relation, own.columns, own.unique)
        return _compare(cursor, request, read, own, [one], candidates)


def _opened(chosen: Warehouse) -> Connection:
    """A session that sees one moment, and what the models are made from."""
    opened = connect(chosen, role=TRANSFORMER_ROLE)
    opened.set_session(isolation_level="REPEATABLE READ")
    return opened


def _found(cursor: Cursor, catalog: Catalog, word: str, chosen: Warehouse) -> Relation:
    found = find(cursor, catalog, [word])
    if len(found) > 1:
        raise SettingsError(f"{word}: it is a source; name one of its tables")
    if not found[0].columns:
        raise SettingsError(f"{word}: it has no columns in target {chosen.target}")
    return found[0]


def _read(cursor: Cursor, relation: Relation) -> _Read:
    to = relation.to
    return _Read(
        f"{to.schema}.{to.table}", relation.qualified, relation.columns, keys.enforced(cursor, to)
    )


def _types(cursor: Cursor, temporary: str) -> dict[str, str]:
    cursor.execute(
        "select attname, format_type(atttypid, atttypmod) from pg_attribute"
        " where attrelid = cast(%s as regclass) and attnum > 0 order by attnum",
        (f"pg_temp.{temporary}",),
    )
    return dict(cursor.fetchall())


def _declared(chosen: Warehouse, to: Destination) -> list[str]:
    """The key that dbt declared when it last read the project."""
    manifest = keys.last_manifest(target_folder(child_environment(chosen.target)))
    node = keys.node_of(manifest, to)
    return keys.declared(manifest, node) if node else []


def _key(
    request: Request, one: _Read, other: _Read, candidates: Sequence[Sequence[str]]
) -> list[str]:
    names = [name for name in one.columns if name in other.columns]
    known = [*one.unique, *other.unique, *candidates]
    return keys.settle(request.key, known, names, request.model)


def _columns(request: Request, one: _Read, other: _Read, key: Sequence[str]) -> Columns:
    for name in request.ignored:
        if name not in one.columns and name not in other.columns:
            raise SettingsError(f"--ignore {name}: neither side has such a column")
        if name in key:
            raise SettingsError(f"--ignore {name}: it is part of the key")
    return pair(
        one.columns, other.columns, key, ignored=request.ignored, everything=request.everything
    )


def _compare(
    cursor: Cursor,
    request: Request,
    one: _Read,
    other: _Read,
    relations: Sequence[Relation],
    candidates: Sequence[Sequence[str]],
) -> telling.Told:
    key = _key(request, one, other, candidates)
    columns = _columns(request, one, other, key)
    _say(f"comparing by {', '.join(key)} …")
    # In another type two keys may be one value: what an index says holds for its own type.
    retyped = {column.name for column in columns.retyped}
    side_a, side_b = (
        Side(
            side.name,
            side.relation,
            any(set(own) <= set(key) - retyped for own in side.unique),
        )
        for side in (one, other)
    )
    found = Comparison(
        cursor,
        side_a,
        side_b,
        key,
        columns.shared,
        hidden=frozenset().union(*(relation.hidden for relation in relations)),
        examples=request.examples,
    ).go()
    return telling.Told(relations[0].name, one.name, other.name, tuple(key), columns, found)


def _say(line: str) -> None:
    complain(f"diff: {line}")
