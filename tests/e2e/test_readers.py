"""`entrepot reader add | list | remove`, as an administrator meets it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import psycopg2
import pytest

from ingest import server
from ingest.server.cluster import LOGIN
from ingest.settings import Warehouse
from ingest.warehouse import connect
from tests.conftest import HOME
from tests.support.house import Done, House
from tests.support.zones import added

pytestmark = pytest.mark.e2e

# With an accent, quotes of both kinds, and as long as a role's name allows.
CODES = ("VRIDI", 'L\'Îlot "B"', "Z" * 49)
TOO_LONG = "Z" * 50
# Its role is made by an administrator who is no superuser.
HERS = "YOPOUGON"


@pytest.fixture(scope="module")
def house() -> Iterator[House]:
    made = House.build("readers", HOME)
    zones = "dwh_dimensions.dim_zones_industrielles"
    with made.cursor() as cursor:
        cursor.execute(f"create table {zones} (code_zone_industrielle text)")
        cursor.execute(f"alter table {zones} owner to entrepot_transformer")
        for code in (*CODES, TOO_LONG, HERS):
            cursor.execute(f"insert into {zones} values (%s)", (code,))
    yield made
    made.demolish()


def _refused(house: House, *arguments: str) -> str:
    """What it says in its one line, with exit code 2 and no traceback."""
    done = house.entrepot("reader", *arguments, codes=(2,))
    assert done.out == ""
    assert done.err.count("\n") == 1, done.err
    return done.err


def _row(listed: Done, name: str) -> str:
    return next((line for line in listed.out.splitlines() if line.startswith(f"{name} ")), "")


def _can_connect(login: Warehouse) -> bool:
    try:
        opened = psycopg2.connect(
            host=login.host,
            port=login.port,
            dbname=login.dbname,
            user=login.user,
            password=login.password,
        )
    except psycopg2.OperationalError:
        return False
    opened.close()
    return True


def test_a_reader_is_added_listed_and_removed(house: House) -> None:
    aya = added(house, "aya", *CODES)
    awa = added(house, "awa@example.org")
    listed = house.entrepot("reader", "list")
    assert all(code in _row(listed, "aya") for code in CODES)
    assert "every row" in _row(listed, "awa@example.org")
    assert house.rows(
        "select rolcanlogin, rolinherit, rolsuper, rolcreaterole, rolbypassrls, rolconnlimit"
        " from pg_roles where rolname = 'aya'"
    ) == [(True, True, False, False, False, 10)]
    opened = connect(aya, autocommit=True)
    with opened.cursor() as cursor:
        cursor.execute("show statement_timeout")
        assert cursor.fetchone() == ("5min",)
        house.entrepot("reader", "remove", "aya")
        with pytest.raises(psycopg2.OperationalError):
            cursor.execute("select 1")
    assert not _can_connect(aya)
    assert _can_connect(awa)
    house.entrepot("reader", "remove", "awa@example.org")
    listed = house.entrepot("reader", "list")
    assert _row(listed, "aya") == _row(listed, "awa@example.org") == ""


def test_what_cannot_be_is_said_in_one_line(house: House) -> None:
    said = _refused(house, "add", "bob", "--zone", "NULLE PART")
    assert "NULLE PART" in said
    assert "VRIDI" in said
    assert "too long" in _refused(house, "add", "bob", "--zone", TOO_LONG)
    assert "already" in _refused(house, "add", "entrepot_loader")
    assert "PostgreSQL keeps" in _refused(house, "add", "pg_bob")
    assert house.rows("select 1 from pg_roles where rolname like '%bob'") == []


def test_only_readers_of_ours_are_removed(house: House) -> None:
    roles = ("nobody", "postgres", LOGIN, "entrepot_reader", "entrepot_zone_reader")
    with house.cursor() as cursor:
        cursor.execute("create role guest login in role entrepot_reader")
    try:
        assert "other hands" in _row(house.entrepot("reader", "list"), "guest")
        for name in (*roles, "guest"):
            assert "not a reader" in _refused(house, "remove", name)
    finally:
        with house.cursor() as cursor:
            cursor.execute("drop role guest")


def test_a_reader_that_holds_more_is_not_half_removed(house: House) -> None:
    login = added(house, "holder", "VRIDI")
    with house.cursor() as cursor:
        cursor.execute("create table public.held (x int); grant select on public.held to holder")
    assert "revoke it first" in _refused(house, "remove", "holder")
    assert _can_connect(login)
    with house.cursor() as cursor:
        cursor.execute("drop table public.held")
    house.entrepot("reader", "remove", "holder")


def test_the_password_is_nowhere_but_on_the_screen(house: House) -> None:
    with house.cursor() as cursor:
        cursor.execute("alter role entrepot_steward set log_statement = 'all'")
    try:
        login = added(house, "secretive")
    finally:
        with house.cursor() as cursor:
            cursor.execute("alter role entrepot_steward reset log_statement")
    house.entrepot("reader", "remove", "secretive")
    data = server.status().data
    assert data is not None
    logs = [*(data / "log").iterdir(), *(path for path in HOME.rglob("*.log*"))]
    text = "".join(path.read_text(errors="replace") for path in logs if path.is_file())
    assert "SCRAM-SHA-256$" in text, "the statement itself was not logged: the test is blind"
    assert login.password not in text


def test_readers_can_make_nothing_in_the_warehouse(house: House) -> None:
    login = added(house, "maker", "VRIDI")
    opened = connect(login, autocommit=True)
    with opened.cursor() as cursor:
        cursor.execute(
            "select has_database_privilege(current_database(), 'temporary'),"
            " has_database_privilege(current_database(), 'create'),"
            " array(select nspname::text from pg_namespace"
            " where has_schema_privilege(oid, 'create')),"
            " array(select nspname::text from pg_namespace where has_schema_privilege(oid, 'usage')"
            " and nspname not in ('pg_catalog', 'information_schema') order by 1)"
        )
        assert cursor.fetchone() == (False, False, [], ["dwh_marts", "public"])
    opened.close()
    house.entrepot("reader", "remove", "maker")


def test_without_zones_the_warehouse_says_so(house: House, tmp_path: Path) -> None:
    empty = House.build("readers_empty", tmp_path)
    assert "no zones yet" in _refused(empty, "add", "bob", "--zone", "VRIDI")
    empty.demolish()


def test_an_administrator_of_a_server_of_ones_own_is_named_in_the_environment(
    house: House,
) -> None:
    """On a target that is not embedded, a login that may make roles and is no superuser."""
    state = server.read_state()
    assert state is not None
    prod = {
        "DWH_DB_HOST": "127.0.0.1",
        "DWH_DB_PORT": str(state.port),
        "DWH_DB_NAME": house.name,
        "DWH_DB_USER": LOGIN,
        "DBT_PASSWORD": state.passwords[LOGIN],
        "DWH_DB_SSLMODE": "disable",
        "DWH_DB_SSLROOTCERT": "",
    }
    chef = {"DWH_ADMIN_USER": "chef", "DWH_ADMIN_PASSWORD": "une phrase de passe"}
    target = ("--target", "prod")
    refused = house.entrepot("reader", "add", "bob", *target, codes=(2,), **prod)
    assert "DWH_ADMIN_USER" in refused.err
    assert refused.err.count("\n") == 1
    with house.cursor() as cursor:
        cursor.execute("create role chef login createrole password 'une phrase de passe'")
        cursor.execute(
            "grant entrepot_transformer to chef;"
            "grant entrepot_reader, entrepot_zone_reader to chef with admin option, inherit false"
        )
    try:
        said = house.entrepot("reader", "add", "bob", "--zone", HERS, *target, **prod, **chef)
        assert f"the rows of {HERS}" in said.out
        listed = house.entrepot("reader", "list", *target, **prod, **chef)
        assert f"the rows of {HERS}" in _row(listed, "bob")
        assert _row(listed, "chef") == ""
        house.entrepot("reader", "remove", "bob", *target, **prod, **chef)
    finally:
        with house.cursor() as cursor:
            cursor.execute(f'drop role if exists bob; drop role if exists "entrepot_zone:{HERS}"')
            cursor.execute("drop role chef")
