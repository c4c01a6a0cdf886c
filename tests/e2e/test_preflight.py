"""`entrepot preflight` beside real servers and sources, in good order and in each kind of bad."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import quote

import psycopg2
import pytest

from ingest import server, settings
from ingest.databases.model import Described
from ingest.databases.postgres import PostgresDatabase
from ingest.warehouse import connect
from orchestration import cli
from orchestration.commands.shared import raw_schemas
from orchestration.preflight import Check, disk, exit_code, preflight, sources
from orchestration.preflight import warehouse as checking
from orchestration.preflight.model import Name
from tests.support.odbc import DRIVER, gate_to, needs_odbc, odbc_url
from tests.support.private import ROOT
from tests.support.sigeti import sigeti_database, source_database

pytestmark = pytest.mark.e2e

Look = Callable[..., list[Check]]


@pytest.fixture(scope="module")
def sigeti() -> Iterator[str]:
    """The demo's SIGETI, which a login reads that owns nothing."""
    with sigeti_database("preflight_sigeti") as url:
        name = "preflight_reader"
        with psycopg2.connect(url) as opened, opened.cursor() as cursor:
            cursor.execute(f"drop role if exists {name}")
            cursor.execute(f"create role {name} login password 'p@ss'")
            cursor.execute(f"grant select on all tables in schema public to {name}")
        opened.close()
        rest = url.rpartition("@")[2]
        yield f"postgresql://{name}:{quote('p@ss')}@{rest}"
        with psycopg2.connect(url) as opened, opened.cursor() as cursor:
            cursor.execute(f"drop owned by {name}; drop role {name}")
        opened.close()


@pytest.fixture
def look(monkeypatch: pytest.MonkeyPatch) -> Iterator[Look]:
    """A preflight of the private server with the variables that it is given."""
    server.up()
    server.prepare_databases(raw_schemas())

    def looked(table: str | None = None, *, quick: bool = False, **variables: str) -> list[Check]:
        target = variables.pop("target", "dev")
        for name, value in variables.items():
            monkeypatch.setenv(name, value)
        settings.environment.cache_clear()
        return preflight(target, table, quick=quick)

    yield looked
    settings.environment.cache_clear()


def found(checks: list[Check], name: Name, scope: str | None = None) -> Check:
    """The one check of a name."""
    (only,) = (c for c in checks if c.name == name and scope in (None, c.scope))
    return only


def test_all_is_well_with_the_warehouse_and_a_source(look: Look, sigeti: str) -> None:
    checks = look(SIGETI_URL=sigeti)
    own = [check for check in checks if check.scope == "source:sigeti"]
    assert {check.name: check.status for check in own} == {
        "connection": "OK",
        "tables": "OK",
        "columns": "OK",
    }
    assert "18 declared" in found(own, "tables").detail
    for name in ("warehouse", "server version", "encoding", "roles", "rights", "clock", "dbt"):
        assert found(checks, name).status == "OK", name  # type: ignore[arg-type]
    # The others are listed, and nobody said where they are: told, and no fault.
    assert found(checks, "place", "source:erp").status == "WARNING"
    assert exit_code(checks) == 1
    assert "p@ss" not in str(checks)


def test_only_what_a_table_needs_is_looked_at(look: Look, sigeti: str) -> None:
    checks = look("sigeti.factures", SIGETI_URL=sigeti)
    assert {c.scope for c in checks if c.scope.startswith("source:")} == {"source:sigeti"}
    assert "1 declared" in found(checks, "tables").detail
    assert not [check for check in checks if check.name == "Prefect server"]
    nowhere = look("sigeti.factures", SIGETI_URL="")
    assert found(nowhere, "place").status == "FAIL", "what was asked for by name must have a place"
    with pytest.raises(settings.SettingsError, match="no such table"):
        look("sigeti.nothing")


def test_quick_asks_no_source_and_takes_no_second(look: Look, sigeti: str) -> None:
    began = time.monotonic()
    checks = look(quick=True, SIGETI_URL=sigeti)
    assert time.monotonic() - began < 1
    assert not [check for check in checks if check.scope.startswith("source:")]
    assert {"warehouse", "rights", "disk", "profiles.yml"} <= {check.name for check in checks}


def test_tables_that_are_gone_closed_or_without_their_key_are_named(
    look: Look, sigeti: str
) -> None:
    admin = connect(server.admin("preflight_sigeti"))
    with admin.cursor() as cursor:
        cursor.execute("alter table factures rename to factures_2")
        cursor.execute("revoke select on paiement_factures from preflight_reader")
        cursor.execute("alter table operateurs rename column updated_at to changed_at")
    admin.commit()
    try:
        checks = look(SIGETI_URL=sigeti)
        told = found(checks, "tables", "source:sigeti")
        assert told.status == "FAIL"
        assert "3 of 18" in told.detail
        for word in ("factures", "permission denied", "updated_at"):
            assert word in told.detail
    finally:
        with admin.cursor() as cursor:
            cursor.execute("alter table factures_2 rename to factures")
            cursor.execute("grant select on paiement_factures to preflight_reader")
            cursor.execute("alter table operateurs rename column changed_at to updated_at")
        admin.commit()
        admin.close()


def test_a_column_that_the_source_lost_is_a_warning(look: Look, sigeti: str) -> None:
    admin = connect(server.admin("preflight_sigeti"))
    with admin.cursor() as cursor:
        cursor.execute("alter table factures rename column montant_total to total")
    admin.commit()
    try:
        told = found(look("sigeti.factures", SIGETI_URL=sigeti), "columns")
        assert (told.status, "montant_total" in told.detail) == ("WARNING", True)
        assert "sync-columns sigeti" in told.mend
    finally:
        with admin.cursor() as cursor:
            cursor.execute("alter table factures rename column total to montant_total")
        admin.commit()
        admin.close()


def test_a_source_that_hangs_costs_its_patience_and_no_other_source(
    look: Look, sigeti: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(sources, "PATIENCE", 1.5)
    address, _, database = sigeti.rpartition("@")[2].partition("/")
    with gate_to(int(address.rpartition(":")[2])) as gate:
        gate.shut()
        hanging = f"{sigeti.rpartition('@')[0]}@127.0.0.1:{gate.port}/{database}"
        began = time.monotonic()
        checks = look(SIGETI_URL=hanging, COMMANDES_URL=hanging, ATELIER_URL=str(tmp_path))
        took = time.monotonic() - began
    assert took < 4, "each waits at the same time"
    for name in ("sigeti", "commandes"):
        told = found(checks, "connection", f"source:{name}")
        assert (told.status, "no answer within" in told.detail) == ("FAIL", True)
    assert found(checks, "connection", "source:atelier").status == "OK"


def test_a_source_that_falls_silent_in_its_catalogue_says_how_far_it_came(
    look: Look, sigeti: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sources, "PATIENCE", 2.0)
    address, _, database = sigeti.rpartition("@")[2].partition("/")
    with gate_to(int(address.rpartition(":")[2])) as gate:
        describe, described = PostgresDatabase.describe, []

        def falls_silent(database: PostgresDatabase, relation: str) -> Described:
            described.append(relation)
            if len(described) == 4:
                gate.shut()
            return describe(database, relation)

        monkeypatch.setattr(PostgresDatabase, "describe", falls_silent)
        narrow = f"{sigeti.rpartition('@')[0]}@127.0.0.1:{gate.port}/{database}"
        told = found(look("sigeti", SIGETI_URL=narrow), "tables")
    assert told.status == "WARNING"
    assert "3 of 18 looked at" in told.detail


def test_places_of_files_are_listed(look: Look, tmp_path: Path) -> None:
    (tmp_path / "one.csv").write_text("x")
    there = found(look("fluxvision", FLUXVISION_URL=str(tmp_path)), "connection")
    assert (there.status, "1 files" in there.detail) == ("OK", True)
    gone = found(look("fluxvision", FLUXVISION_URL=str(tmp_path / "gone")), "connection")
    assert gone.status == "FAIL"
    assert "gone" in gone.detail
    closed = found(look("fluxvision", FLUXVISION_URL="sftp://u:secret@127.0.0.1:1/x"), "connection")
    assert closed.status == "FAIL"
    assert "secret" not in closed.detail
    wrong = found(look("fluxvision", FLUXVISION_URL="gopher://u@h/x"), "connection")
    assert "gopher" in wrong.detail


def test_a_driver_that_nobody_installed_is_named(look: Look) -> None:
    needs_odbc()
    with source_database("preflight_erp") as url:
        told = found(look("erp", ERP_URL="odbc:Driver={Progress 12};Pwd=hush"), "driver")
        assert (told.status, "Progress 12" in told.detail) == ("FAIL", True)
        assert DRIVER in told.mend, "it says which there are"
        told = found(look("erp", ERP_URL="odbc:DSN=nowhere;Pwd=hush"), "driver")
        assert (told.status, "DSN nowhere" in told.detail) == ("FAIL", True)
        checks = look("erp", ERP_URL=odbc_url(url.rpartition("/")[2]))
        assert found(checks, "driver").status == "OK"
        assert found(checks, "connection").status == "OK"
        assert found(checks, "tables").status == "FAIL", "the database is empty"
        assert "hush" not in str(checks)


def test_personal_columns_want_their_key(look: Look, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ERP_URL", "postgresql://127.0.0.1:1/none")
    told = found(look(quick=True, ENTREPOT_PII_KEY=""), "pseudonyms")
    assert (told.status, told.scope) == ("FAIL", "source:erp")
    assert found(look(quick=True, ENTREPOT_PII_KEY="k" * 64), "pseudonyms").status == "OK"


@pytest.fixture
def prod(monkeypatch: pytest.MonkeyPatch, look: Look) -> Iterator[Callable[..., list[Check]]]:
    """A preflight of the target prod: another database of the private server, made for this."""
    admin = server.admin()
    opened = connect(admin, autocommit=True)

    def looked(name: str, encoding: str = "UTF8", user: str = "entrepot") -> list[Check]:
        with opened.cursor() as cursor:
            cursor.execute(f"drop database if exists {name}")
            cursor.execute(
                f"create database {name} template template0 encoding '{encoding}' locale 'C'"
            )
        state = server.read_state()
        assert state is not None
        return look(
            quick=True,
            target="prod",
            DWH_DB_HOST="127.0.0.1",
            DWH_DB_PORT=str(admin.port),
            DWH_DB_NAME=name,
            DWH_DB_USER=user,
            DBT_PASSWORD=state.passwords.get(user, "stranger"),
            DWH_DB_SSLMODE="disable",
            DWH_DB_SSLROOTCERT="",
        )

    yield looked
    with opened.cursor() as cursor:
        for name in ("preflight_latin", "preflight_bare"):
            cursor.execute(f"drop database if exists {name} with (force)")
        cursor.execute("drop role if exists stranger")
    opened.close()


def test_a_database_that_will_not_do_is_told_with_its_mend(
    prod: Callable[..., list[Check]],
) -> None:
    latin = prod("preflight_latin", encoding="LATIN1")
    assert found(latin, "encoding").status == "FAIL"
    bare = prod("preflight_bare")
    assert found(bare, "roles").status == "OK", "roles are the server's"
    rights = found(bare, "rights")
    assert rights.status == "FAIL"
    assert "etl" in rights.detail
    assert "entrepot init --target prod" in rights.mend
    opened = connect(server.admin(), autocommit=True)
    with opened.cursor() as cursor:
        cursor.execute("create role stranger login password 'stranger'")
    opened.close()
    foreign = found(prod("preflight_bare", user="stranger"), "roles")
    assert foreign.status == "FAIL"
    assert "no member of entrepot_loader" in foreign.detail


def test_clocks_and_disks(look: Look, monkeypatch: pytest.MonkeyPatch) -> None:
    now = time.time
    monkeypatch.setattr(checking.time, "time", lambda: now() + 90)
    told = found(look(quick=True), "clock")
    assert (told.status, "90 s" in told.detail) == ("WARNING", True)
    monkeypatch.undo()
    for free, status in ((2 * disk.GIB, "WARNING"), (disk.GIB // 2, "FAIL")):
        monkeypatch.setattr(disk.shutil, "disk_usage", lambda _, free=free: Free(free))
        told = found(look(quick=True), "disk")
        assert told.status == status
    assert told.scope == "warehouse"


class Free:
    """What is said of a disk."""

    def __init__(self, free: int):
        self.free = free


def test_files_with_secrets_and_slips_of_the_pen(
    look: Look, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    own = settings.profiles_path()
    (tmp_path / ".env.example").write_text((ROOT / ".env.example").read_text())
    monkeypatch.setattr(settings, "ROOT", tmp_path)
    assert found(look(quick=True), ".env").status == "WARNING"
    env = tmp_path / ".env"
    env.write_text("SIGETI_URl=x\nFLUXVISON_URL=x\nERP_TIMEOUT=60\nMY_OWN=x\nDWH_DB_SSLMODE=x\n")
    env.chmod(0o644)
    own.chmod(0o640)
    checks = look(quick=True)
    for name in (".env", "profiles.yml"):
        told = found(checks, name)  # type: ignore[arg-type]
        if os.name != "nt":
            assert (told.status, "chmod 600" in told.mend) == ("WARNING", True)
    own.chmod(0o600)
    env.chmod(0o600)
    slips = found(checks, "variables")
    assert slips.status == "WARNING"
    assert "SIGETI_URl (is it SIGETI_URL?)" in slips.detail
    assert "FLUXVISON_URL (is it FLUXVISION_URL?)" in slips.detail
    assert not [n for n in ("ERP_TIMEOUT", "MY_OWN", "DWH_DB_SSLMODE") if n in slips.detail]
    assert found(look(quick=True), ".env").status == "OK"


def test_the_command_answers_in_80_columns_and_for_programs(
    look: Look, sigeti: str, capsys: pytest.CaptureFixture[str]
) -> None:
    checks = look("sigeti", SIGETI_URL=sigeti)
    assert cli.run(["preflight", "sigeti", "--target", "dev"]) == exit_code(checks)
    lines = capsys.readouterr().out.splitlines()
    assert max(map(len, lines)) <= 80
    assert cli.run(["preflight", "sigeti", "--target", "dev", "--json"]) == exit_code(checks)
    answer = json.loads(capsys.readouterr().out)
    assert answer["exit_code"] == exit_code(checks)
    assert [one["name"] for one in answer["checks"]] == [check.name for check in checks]
