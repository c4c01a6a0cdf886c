"""A managed server: nobody is a superuser, and the administrator runs one script.

The whole suite runs that way on PostgreSQL 18 (tests/support/house.py); here a stranger's server
is made ready from nothing, by the commands of docs/managed-postgresql.md, also on PostgreSQL 15
with TLS where its Debian package is installed.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from ingest.settings import Warehouse
from ingest.warehouse import connect
from tests.conftest import HOME
from tests.support.house import House
from tests.support.postgresql import ADMINISTRATOR, PASSWORD, Managed, programs, served
from tests.support.private import ROOT
from tests.support.zones import MINE, lay_out

pytestmark = pytest.mark.e2e

PROD = ("--target", "prod")
DATABASE, LOGIN = "entrepôt 2", "chargeuse"
TABLE = "dwh_marts.mart_essai_table"
MAKER = {"DWH_ADMIN_USER": ADMINISTRATOR, "DWH_ADMIN_PASSWORD": PASSWORD}


@dataclass
class Place:
    """A house on a managed server; its profile is the example's, its target is prod."""

    house: House
    server: Managed

    def entrepot(self, *arguments: str, code: int = 0, **extra: str) -> str:
        """What the command says; a refusal is one line."""
        done = self.house.entrepot(*arguments, *PROD, codes=(code,), **extra)
        if code:
            assert done.err.count("\n") == 1, done.said
        return done.err if code else done.out


@pytest.fixture(scope="module", params=[18, 15])
def place(request: pytest.FixtureRequest) -> Iterator[Place]:
    major = request.param
    server_programs = programs(major)
    house = House(f"managed_{major}", HOME / f"managed_{major}")
    for folder in (house.inbox, house.target, house.folder / "logs"):
        folder.mkdir(parents=True)
    example = (ROOT / "profiles.example.yml").read_text(encoding="utf-8")
    (house.folder / "profiles.yml").write_text(example.replace("${port}", "5432"), "utf-8")
    (house.folder / "profiles.yml").chmod(0o600)
    with served(server_programs, HOME / f"postgresql_{major}") as server:
        house.variables.update(server.variables(DATABASE, LOGIN))
        server.do(
            ADMINISTRATOR,
            "postgres",
            f"create role {LOGIN} login password '{PASSWORD}'",
            f"create database \"{DATABASE}\" template template0 encoding 'UTF8'",
        )
        yield Place(house, server)


def test_an_administrator_makes_a_warehouse_ready(place: Place) -> None:
    unready = place.house.ingest("--select", "reference", *PROD, codes=(1,))
    assert "run `entrepot init --target prod`" in unready.err
    refused = place.entrepot("init", code=2)
    assert f"{LOGIN} may not give" in refused
    assert "entrepot init --print-sql" in refused

    script = place.entrepot("init", "--print-sql")
    assert max(map(len, script.splitlines())) <= 80
    place.server.do(ADMINISTRATOR, DATABASE, script)
    assert "is ready" in place.entrepot("init")
    before = _rights(place)
    place.server.do(ADMINISTRATOR, DATABASE, script)
    assert _rights(place) == before
    assert "is ready" in place.entrepot("init")
    assert "is ready" in place.entrepot("init", **MAKER)
    # Nothing is found wrong, and what only a superuser sees is said to be hidden.
    audited = place.entrepot("audit", "--no-samples", **MAKER)
    assert "0 WARNING, 0 FAIL, 2 not visible." in audited, audited
    assert place.server.do(
        ADMINISTRATOR,
        DATABASE,
        f"select rolsuper, rolcreaterole, rolcreatedb from pg_roles where rolname = '{LOGIN}'",
    ) == [(False, False, False)]


def _rights(place: Place) -> list[tuple[object, ...]]:
    """All that the script gives, as the catalogue has it."""
    return place.server.do(
        ADMINISTRATOR,
        DATABASE,
        "select rolname::text, rolconfig::text from pg_roles"
        " union all select roleid::regrole::text, member::regrole::text || admin_option"
        " from pg_auth_members"
        " union all select datname, datacl::text from pg_database"
        " union all select nspname, nspacl::text from pg_namespace order by 1, 2",
    )


def test_land_build_and_read_by_zone(place: Place, tmp_path: Path) -> None:
    place.house.ingest("--select", "reference", *PROD)
    landed = "select count(*) > 30000 from raw_reference.communes"
    assert place.server.do(LOGIN, DATABASE, landed) == [(True,)]

    project = lay_out(tmp_path / "project")
    place.house.dbt("build", "--project-dir", str(project), *PROD)
    assert "DWH_ADMIN_USER" in place.entrepot("reader", "add", "aya", code=2)
    said = place.entrepot("reader", "add", "aya", "--zone", MINE, **MAKER)
    listed = place.entrepot("reader", "list", **MAKER)
    assert [line.split()[0] for line in listed.splitlines()[2:]] == ["aya"]
    reader = _prod(place).with_login("aya", said.split("shown only now: ")[1].strip())
    opened = connect(reader, autocommit=True)
    with opened.cursor() as cursor:
        cursor.execute(f"select distinct code_zone_industrielle from {TABLE}")
        assert cursor.fetchall() == [(MINE,)]
        place.entrepot("reader", "remove", "aya", **MAKER)
    rows = place.server.do(ADMINISTRATOR, DATABASE, "select 1 from pg_roles where rolname = 'aya'")
    assert rows == []
    opened.close()


def _prod(place: Place) -> Warehouse:
    return Warehouse(
        target="prod",
        host="127.0.0.1",
        port=place.server.port,
        dbname=DATABASE,
        user=LOGIN,
        password=PASSWORD,
        sslmode="verify-full" if place.server.certificate else "disable",
        sslrootcert=str(place.server.certificate) if place.server.certificate else None,
    )


def test_a_login_that_may_make_roles_needs_no_administrator(place: Place) -> None:
    alone = "seule"
    place.server.do(
        ADMINISTRATOR,
        "postgres",
        f"create role {alone} login createrole createdb password '{PASSWORD}'",
    )
    place.server.do(alone, "postgres", f"create database {alone}")
    own = {"DWH_DB_NAME": alone, "DWH_DB_USER": alone}
    # The roles of the server are another's by now; on 15 who makes roles administers them all.
    if place.server.do(alone, alone, "show server_version_num")[0] >= ("160000",):
        assert "membership" in place.entrepot("init", code=2, **own)
        place.server.do(
            ADMINISTRATOR,
            "postgres",
            f"grant entrepot_loader, entrepot_transformer to {alone} with admin option",
            f"grant entrepot_reader, entrepot_zone_reader to {alone} with admin true,"
            " inherit false, set false",
        )
    assert "is ready" in place.entrepot("init", **own)
    said = place.entrepot("reader", "add", "awa", **own)
    assert "every row" in said
    place.entrepot("reader", "remove", "awa", **own)
    # PostgreSQL only warns who does not own the database; it would stay open to everybody.
    place.server.do(
        ADMINISTRATOR,
        "postgres",
        "create database autre",
        f"grant create on database autre to {alone}",
    )
    refused = place.entrepot("init", code=2, **{**own, "DWH_DB_NAME": "autre"})
    assert "closing the database to PUBLIC" in refused


def test_a_certificate_that_is_not_trusted_is_refused(place: Place) -> None:
    if place.server.certificate is None:
        pytest.skip("the embedded binaries have no TLS")
    refused = place.entrepot("init", code=2, DWH_DB_SSLROOTCERT="system")
    assert "certificate verify failed" in refused
    trusted = {"DWH_DB_SSLROOTCERT": "system", "SSL_CERT_FILE": str(place.server.certificate)}
    assert "is ready" in place.entrepot("init", **trusted)
