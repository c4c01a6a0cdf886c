"""What the audit puts together without a server, and says to a person."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from ingest.settings import SettingsError, Warehouse
from orchestration.audit import connecting
from orchestration.audit.declared import Declaration, accepted_columns, control_grants
from orchestration.audit.files import private_paths
from orchestration.audit.model import Answer, counts, exit_code
from orchestration.audit.telling import as_table


def a_warehouse(host: str, sslmode: str, target: str = "prod") -> Warehouse:
    return Warehouse(target, host, 5432, "entrepot", "chargeuse", "secret", sslmode)


@pytest.mark.parametrize(
    ("host", "sslmode", "is_encrypted", "severities"),
    [
        ("127.0.0.1", "disable", False, []),
        ("localhost", "prefer", False, []),
        ("/var/run/postgresql", "verify-full", False, []),
        ("db.example.org", "verify-full", True, []),
        ("db.example.org", "require", True, ["WARNING"]),
        ("db.example.org", "verify-ca", True, ["WARNING"]),
        ("db.example.org", "prefer", False, ["FAIL"]),
        ("db.example.org", "disable", False, ["FAIL"]),
    ],
)
def test_tls_is_wanted_where_others_are_on_the_way(
    host: str, sslmode: str, is_encrypted: bool, severities: list[str]
) -> None:
    found = connecting.check_tls(a_warehouse(host, sslmode), is_encrypted=is_encrypted)
    assert [one.severity for one in found] == severities
    assert all("DWH_DB_SSLMODE" in one.mend for one in found)


@pytest.mark.parametrize(
    ("listens_on", "is_own", "is_found"),
    [("127.0.0.1", True, False), ("*", True, True), ("0.0.0.0", True, True), ("*", False, False)],
)
def test_the_embedded_server_answers_this_machine_alone(
    monkeypatch: pytest.MonkeyPatch, listens_on: str, is_own: bool, is_found: bool
) -> None:
    monkeypatch.setattr(connecting, "value", lambda *_: listens_on)
    monkeypatch.setattr(connecting, "is_own_server", lambda _: is_own)
    home = a_warehouse("127.0.0.1", "disable", "dev")
    opened: Any = None
    found = connecting.check_listening(opened, Declaration(home, frozenset(), {}, {}, {}))
    assert [one.check for one in found] == (["listening"] if is_found else [])


def test_rights_on_control_tables_are_read_in_the_order_of_their_pages(tmp_path: Path) -> None:
    (tmp_path / "10_first.sql").write_text(
        "-- grant select on etl.never to entrepot_reader;\n"
        "create table etl.one (x int);\n"
        "grant select on etl.one, etl.two\nto entrepot_transformer;\n"
        "grant insert, update on etl.one to entrepot_transformer;\n"
    )
    (tmp_path / "20_second.sql").write_text("revoke update on etl.one from entrepot_transformer;")
    dbt = "entrepot_transformer"
    assert control_grants(tmp_path) == {
        "one": {(dbt, "SELECT"), (dbt, "INSERT")},
        "two": {(dbt, "SELECT")},
    }
    # The own pages: what dbt writes of its builds.
    own = control_grants()
    assert (dbt, "INSERT") in own["run_log"] and (dbt, "DELETE") in own["watermarks"]
    assert (dbt, "DELETE") not in own["run_log"]


def test_accepted_columns_have_a_place_and_a_reason(tmp_path: Path) -> None:
    page = tmp_path / "dbt_project.yml"
    page.write_text("vars:\n  valeurs_personnelles_admises:\n    raw_erp.client.siege: a company\n")
    assert accepted_columns(page) == {"raw_erp.client.siege": "a company"}
    page.write_text("vars: {sources: [erp]}\n")
    assert accepted_columns(page) == {}
    for wrong in ("[a.b.c]", "{client: why}", "{a.b.c: }"):
        page.write_text(f"vars: {{valeurs_personnelles_admises: {wrong}}}\n")
        with pytest.raises(SettingsError, match="write `schema"):
            accepted_columns(page)


def test_the_table_fits_and_the_exit_code_is_of_what_is_wrong() -> None:
    long = f"entrepot_reader has SELECT on dwh_marts.{'m' * 60}"
    hidden = Answer("password method", "NOT VISIBLE", "this login may not see it")
    findings = [
        Answer("roles", "OK", "all well"),
        Answer("grants", "FAIL", long, "no such right", f"revoke select on {'m' * 90} from x;"),
        hidden,
    ]
    said = as_table(findings)
    assert max(map(len, said.splitlines())) <= 80, said
    assert said.endswith("1 OK, 0 WARNING, 1 FAIL, 1 not visible.")
    assert counts(findings) == {"OK": 1, "WARNING": 0, "FAIL": 1, "NOT VISIBLE": 1}
    assert exit_code(findings) == 1
    assert exit_code([findings[0], hidden]) == 0
    assert exit_code([Answer("roles", "WARNING", "a login that makes roles")]) == 1


def test_a_folder_in_nobodys_home_is_one_that_is_not_there(tmp_path: Path) -> None:
    here = {"A_ARCHIVE": str(tmp_path), "B_ARCHIVE": "~nobody-here/kept", "C_ARCHIVE": " "}
    with_it = private_paths(here, ["~nobody-here/kept"])
    assert tmp_path in with_it
    assert not any("nobody-here" in str(path) for path in with_it)
