"""`entrepot audit`: each seeded weakness is found and named, its mend mends it, and a clean
installation has none.
"""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from ingest import server, settings
from ingest.server.cluster import LOGIN, STEWARD
from orchestration import audit
from orchestration.audit.declared import Declaration
from orchestration.audit.model import Finding
from tests.support.house import House
from tests.support.zones import added

pytestmark = pytest.mark.e2e

READER = "aya"
RAW = "raw_fluxvision.nuitee"
MART = "dwh_marts.mart_tourisme_sejours"
GUARDED = "dwh_marts.mart_performance_financiere"


@dataclass
class Place:
    """The house, what is declared for it, and how it is looked at within this process."""

    house: House
    declared: Declaration

    def wrong(self, *, samples: bool = False) -> list[Finding]:
        """What is not as declared."""
        return [one for one in audit.look(self.declared, samples=samples) if one.severity != "OK"]

    def mend(self, finding: Finding) -> None:
        """Do what the finding says, as the administrator of the server or at the shell."""
        if finding.mend.startswith("entrepot "):
            self.house.entrepot(*finding.mend.split()[1:])
        elif finding.mend.startswith("chmod "):
            subprocess.run(finding.mend.split(), check=True)
        elif not finding.mend.startswith("\\password "):  # a group that may not log in needs none
            self.house.call_sql(*finding.mend.split("; "))


@pytest.fixture(scope="module")
def place(make_house: Callable[..., House], furnished_house: House) -> Iterator[Place]:
    """The first day of the demo, and a reader of one zone."""
    house = make_house("audit", furnished_house)
    added(house, READER, "INCONNU")
    with pytest.MonkeyPatch.context() as patch:
        # What is declared is read as the commands of this house read it.
        for name, value in house.environment().items():
            patch.setenv(name, value)
        settings.environment.cache_clear()
        yield Place(house, audit.declaration(house.warehouse, server.steward(house.name)))
        house.entrepot("reader", "remove", READER)
    settings.environment.cache_clear()
    house.demolish()


def test_a_clean_installation_has_nothing_to_find(place: Place) -> None:
    done = place.house.entrepot("audit")
    assert "0 WARNING, 0 FAIL." in done.out, done.said
    assert all(len(line) <= 80 for line in done.out.splitlines()), done.out
    told = json.loads(place.house.entrepot("audit", "--json").out)
    assert told["exit_code"] == 0
    assert {one["severity"] for one in told["findings"]} == {"OK"}
    assert place.house.rows("select status, rows from etl.run_log where step = 'audit'") == [
        ("ok", 0),
        ("ok", 0),
    ]


# What is done to the server -> the check that finds it, words of the finding, and what undoes it
# where the mend is not tried here (it is `entrepot build`, which one weakness below tries).
RIGHTS: dict[str, tuple[list[str], str, str, list[str]]] = {
    "a grant too many to the readers": (
        [f"grant select on {RAW} to entrepot_reader"],
        "grants",
        f"entrepot_reader has SELECT on {RAW}",
        [],
    ),
    "a column for one reader": (
        [f"grant select (code_zone) on {MART} to {READER}"],
        "grants",
        f"{READER} has SELECT (code_zone) on {MART}",
        [],
    ),
    "a control table that dbt may empty": (
        ["grant delete on etl.run_log to entrepot_transformer"],
        "grants",
        "entrepot_transformer has DELETE on etl.run_log",
        [],
    ),
    "a schema for a reader": (
        [f"grant usage on schema raw_sigeti to {READER}"],
        "grants",
        f"{READER} has USAGE on schema raw_sigeti",
        [],
    ),
    "a table of another schema": (
        ["create table public.held (x int)", f"grant select on public.held to {READER}"],
        "grants",
        f"{READER} has SELECT on public.held",
        ["drop table public.held"],
    ),
    "a grant that is missing": (
        [f"revoke select on {MART} from entrepot_reader"],
        "grants",
        f"entrepot_reader has no SELECT on {MART}",
        [f"grant select on {MART} to entrepot_reader"],
    ),
    "a mart for everybody": (
        [f"grant select on {MART} to public"],
        "PUBLIC",
        f"PUBLIC has SELECT on {MART}",
        [],
    ),
    "temporary tables for everybody": (
        ["grant temporary on database {database} to public"],
        "PUBLIC",
        "PUBLIC has TEMPORARY on database",
        [],
    ),
    "objects by everybody": (
        ["grant create on schema public to public"],
        "PUBLIC",
        "PUBLIC has CREATE on schema public",
        [],
    ),
    "tables of tomorrow for everybody": (
        [
            "alter default privileges for role entrepot_transformer in schema dwh_marts"
            " grant select on tables to public"
        ],
        "default rights",
        "PUBLIC will have SELECT on the tables that entrepot_transformer makes",
        [],
    ),
    "a table of another owner": (
        [f"alter table {MART} owner to postgres"],
        "owners",
        f"table {MART} belongs to postgres",
        [],
    ),
    "a schema of another owner": (
        ["alter schema dwh_reference owner to postgres"],
        "owners",
        "schema dwh_reference belongs to postgres",
        [],
    ),
    "FORCE taken off": (
        [f"alter table {GUARDED} no force row level security"],
        "row policies",
        f"{GUARDED}: its owner passes the policies",
        [],
    ),
    "row security off": (
        [f"alter table {GUARDED} disable row level security"],
        "row policies",
        f"{GUARDED}: row security is off",
        [],
    ),
    "one more policy": (
        [f"create policy more on {GUARDED} for select using (true)"],
        "row policies",
        f"{GUARDED}: one more policy, more",
        [f"drop policy more on {GUARDED}"],
    ),
    "a policy of other roles": (
        [f"alter policy lecteurs on {GUARDED} to entrepot_reader, entrepot_zone_reader"],
        "row policies",
        f"{GUARDED}: a policy is not as it was built",
        [f"alter policy lecteurs on {GUARDED} to entrepot_reader"],
    ),
    "a mart without policy for readers of zones": (
        [f"grant select on {MART} to entrepot_zone_reader"],
        "row policies",
        f"{MART} is read by entrepot_zone_reader and has no row policy",
        [],
    ),
    "a view with its owner's rights": (
        [
            f"create view dwh_marts.espion as select * from {GUARDED}",
            "alter view dwh_marts.espion owner to entrepot_transformer",
        ],
        "views and functions",
        f"dwh_marts.espion shows what its owner may read: it reads {GUARDED}",
        ["drop view dwh_marts.espion"],
    ),
    "such a view, granted": (
        [
            f"create view dwh_marts.espion as select * from {GUARDED}",
            "alter view dwh_marts.espion owner to entrepot_transformer",
            "grant select on dwh_marts.espion to entrepot_zone_reader",
        ],
        "views and functions",
        "dwh_marts.espion shows what its owner may read: it is granted to others",
        ["drop view dwh_marts.espion"],
    ),
    "a copy of a mart with policies": (
        [
            f"create materialized view dwh_marts.espion as select * from {GUARDED}",
            "alter materialized view dwh_marts.espion owner to entrepot_transformer",
        ],
        "views and functions",
        f"dwh_marts.espion keeps a copy of the rows of {GUARDED}",
        [],
    ),
    "a function with its owner's rights": (
        [
            "create function dwh_marts.espion() returns bigint language sql security definer"
            f" as 'select count(*) from {GUARDED}'"
        ],
        "views and functions",
        "dwh_marts.espion() runs with its owner's rights",
        ["drop function dwh_marts.espion()"],
    ),
    "a superuser": (
        ["alter role entrepot_reader superuser"],
        "roles",
        "entrepot_reader is superuser",
        [],
    ),
    "a reader past the policies": (
        [f"alter role {READER} bypassrls"],
        "roles",
        f"{READER} is bypassrls",
        [],
    ),
    "a login that makes roles": (
        [f"alter role {LOGIN} createrole"],
        "roles",
        f"{LOGIN} is createrole",
        [],
    ),
    "a group that logs in": (
        ["alter role entrepot_loader login"],
        "roles",
        "entrepot_loader may log in",
        [],
    ),
    "a reader who builds": (
        [f"grant entrepot_transformer to {READER}"],
        "memberships",
        f"{READER} is a member of entrepot_transformer",
        [],
    ),
    "a reader who is the login": (
        [f"grant {LOGIN} to {READER}"],
        "memberships",
        f"{READER} is a member of {LOGIN}",
        [],
    ),
    "a reader of a zone who reads all": (
        [f"grant entrepot_reader to {READER}"],
        "memberships",
        f"{READER} is a member of entrepot_reader",
        [],
    ),
    "all readers of zones read all": (
        ["grant entrepot_reader to entrepot_zone_reader"],
        "memberships",
        "entrepot_zone_reader is a member of entrepot_reader",
        [],
    ),
    "a reader of the whole server": (
        [f"grant pg_read_all_data to {READER}"],
        "memberships",
        f"{READER} is a member of pg_read_all_data",
        [],
    ),
    "queries without an end": (
        [f"alter role {LOGIN} reset statement_timeout"],
        "set-up",
        f"the setting statement_timeout of {LOGIN} is missing",
        [],
    ),
    "passwords kept as MD5": (
        ["alter system set password_encryption = 'md5'", "select pg_reload_conf()"],
        "password method",
        "new passwords are kept as md5",
        [],
    ),
    "one login's passwords kept as MD5": (
        [f"alter role {READER} set password_encryption = 'md5'"],
        "password method",
        f"passwords that {READER} sets are kept as md5",
        [],
    ),
    "a password that is kept as MD5": (
        [f"alter role {READER} password 'md5{'0a' * 16}'"],
        "password method",
        f"the password of {READER} is kept as MD5",
        [f"alter role {READER} password 'une phrase de passe'"],
    ),
    "a login without password": (
        [f"alter role {READER} password null"],
        "password method",
        f"{READER} may log in and has no password",
        [f"alter role {READER} password 'une phrase de passe'"],
    ),
}


@pytest.mark.parametrize("weakness", RIGHTS)
def test_a_weakness_is_found_and_its_mend_mends_it(place: Place, weakness: str) -> None:
    seeded, check, words, undone = RIGHTS[weakness]
    database = f'"{place.house.name}"'
    place.house.call_sql(*(statement.format(database=database) for statement in seeded))
    found = []
    try:
        found = _eventually(place, some=True)
        assert [one for one in found if one.check == check and words in one.found], found
        # A thing that nobody declared is also granted to somebody, or read by somebody.
        assert len(found) <= 2, found
    finally:
        if undone:
            place.house.call_sql(*undone)
        else:
            for one in found:
                place.mend(one)
    assert _eventually(place, some=False) == []


def _eventually(place: Place, *, some: bool) -> list[Finding]:
    """The server reads its settings anew a moment after it was told to."""
    for _ in range(20):
        found = place.wrong()
        if bool(found) == some:
            break
        time.sleep(0.1)
    return found


def test_a_policy_that_was_dropped_is_mended_by_the_build_that_is_named(place: Place) -> None:
    place.house.call_sql(f"drop policy zones on {GUARDED}")
    (found,) = place.wrong()
    assert (found.check, found.found) == ("row policies", f"{GUARDED}: no policy zones")
    place.mend(found)
    assert place.wrong() == []


def test_a_line_of_trust_in_the_servers_own_file_is_found(place: Place) -> None:
    data = server.status().data
    assert data is not None
    page = data / "pg_hba.conf"
    before = page.read_text(encoding="utf-8")
    for method, severity in (("trust", "FAIL"), ("password", "FAIL"), ("md5", "WARNING")):
        page.write_text(f"{before}host all somebody 10.0.0.0/8 {method}\n", encoding="utf-8")
        try:
            (found,) = place.wrong()
        finally:
            page.write_text(before, encoding="utf-8")
        assert (found.check, found.severity) == ("password method", severity)
        line = len(before.splitlines()) + 1
        assert f"line {line} of pg_hba.conf ({method} for somebody)" in found.found
    page.write_text(f"{before}host all\n", encoding="utf-8")
    try:
        (found,) = place.wrong()
    finally:
        page.write_text(before, encoding="utf-8")
    assert "cannot be read by the server" in found.found


def test_files_that_others_may_read_are_found(
    place: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = tmp_path / "key"
    key.write_text("the key of a source")
    archive = tmp_path / "archive"
    archive.mkdir(mode=0o755)
    reports = settings.STATE_DIR / "reports"
    reports.mkdir(mode=0o700, exist_ok=True)
    report = reports / "essai.html"
    report.write_text("quotes values")
    data = server.status().data
    assert data is not None
    monkeypatch.setenv("ATELIER_KEY_FILE", str(key))
    monkeypatch.setenv("FLUXVISION_ARCHIVE", str(archive))
    settings.environment.cache_clear()
    wanted = {
        place.house.folder / "profiles.yml": (0o644, 0o600),
        report: (0o644, 0o600),
        reports: (0o755, 0o700),
        key: (0o640, 0o600),
        archive: (0o755, 0o700),
        data: (0o750, 0o700),
    }
    for path, (mode, _) in wanted.items():
        path.chmod(mode)
    found = place.wrong()
    try:
        assert {one.check for one in found} == {"file modes"}
        assert len(found) == len(wanted), found
        for path, (mode, most) in wanted.items():
            (one,) = [one for one in found if one.mend == f"chmod {most:o} {path}"]
            assert one.severity == "FAIL" and f"mode {mode:04o}" in one.found
    finally:
        for one in found:
            place.mend(one)
        settings.environment.cache_clear()
    assert place.wrong() == []
    report.unlink()


def test_personal_values_in_clear_are_found_and_never_shown(place: Place) -> None:
    house = place.house
    secret = "konan.amenan@example.org"
    house.call_sql(
        "alter table raw_sigeti.entreprises add column email text",
        "alter table raw_sigeti.demandes_attribution add column user_id text",
        "insert into raw_sigeti.demandes_attribution (id, user_id)"
        " select i, case when i < 4 then 'k.konan' else repeat('0a', 32) end"
        " from generate_series(1, 8) as i",
        "alter table raw_fluxvision.nuitee add column contact text, add column rappel text",
        "alter table dwh_marts.mart_tourisme_sejours add column remarque text",
        f"update raw_fluxvision.nuitee set contact = 'voir {secret}'"
        " where ctid in (select ctid from raw_fluxvision.nuitee limit 5)",
        "update raw_fluxvision.nuitee set rappel = '0102030405'",
        "update dwh_marts.mart_tourisme_sejours set remarque = '+225 07 08 09 10 11'",
        "insert into raw_sigeti.entreprises (id, raison_sociale)"
        " values (1, 'FR76 3000 6000 0112 3456 7890 189')",
        "analyze raw_fluxvision.nuitee",
    )
    try:
        found = [one for one in place.wrong(samples=True) if one.check == "personal columns"]
        done = house.entrepot("audit", codes=(1,))
        log = "select status, rows, error from etl.run_log where step = 'audit'"
        said = house.rows(f"{log} order by logged_at desc limit 1")
        declared = {**place.declared.__dict__, "accepted": {"raw_fluxvision.nuitee.rappel": "why"}}
        accepted = [one.found for one in Place(house, Declaration(**declared)).wrong(samples=True)]
    finally:
        house.call_sql(
            "truncate raw_sigeti.demandes_attribution, raw_sigeti.entreprises",
            "alter table raw_sigeti.entreprises drop column email",
            "alter table raw_sigeti.demandes_attribution drop column user_id",
            "alter table raw_fluxvision.nuitee drop column contact, drop column rappel",
            "alter table dwh_marts.mart_tourisme_sejours drop column remarque",
        )
    assert {one.severity for one in found} == {"FAIL"}
    told = sorted(one.found for one in found)
    assert told == [
        "dwh_marts.mart_tourisme_sejours.remarque holds telephone numbers (100 % of a sample)",
        "raw_fluxvision.nuitee.contact holds e-mail addresses (100 % of a sample)",
        "raw_fluxvision.nuitee.rappel holds telephone numbers (100 % of a sample)",
        "raw_sigeti.demandes_attribution.user_id is in clear (38 % of a sample)",
        "raw_sigeti.entreprises.email is there, and is declared as dropped",
        "raw_sigeti.entreprises.raison_sociale holds bank accounts (IBAN) (100 % of a sample)",
    ]
    for value in (secret, "k.konan", "0102030405", "07 08 09", "3000 6000"):
        assert value not in done.out + done.err
    assert said == [("failed", 6, "personal columns")]
    assert all(len(line) <= 80 for line in done.out.splitlines()), done.out
    assert not [line for line in accepted if "rappel" in line]
    assert len(accepted) == 5
    assert place.wrong(samples=True) == []


def test_what_only_a_superuser_sees_is_said_to_be_hidden(place: Place) -> None:
    state = server.read_state()
    assert state is not None
    prod = {
        "DWH_DB_HOST": "127.0.0.1",
        "DWH_DB_PORT": str(state.port),
        "DWH_DB_NAME": place.house.name,
        "DWH_DB_USER": LOGIN,
        "DBT_PASSWORD": state.passwords[LOGIN],
        "DWH_DB_SSLMODE": "disable",
        "DWH_DB_SSLROOTCERT": "",
        "DWH_ADMIN_USER": STEWARD,
        "DWH_ADMIN_PASSWORD": state.passwords[STEWARD],
    }
    # Elsewhere the reader is a group like the others: it has no password of set-up's.
    place.house.call_sql("alter role entrepot_reader nologin")
    try:
        done = place.house.entrepot("audit", "--no-samples", "--target", "prod", **prod)
    finally:
        place.house.call_sql("alter role entrepot_reader login")
    assert "0 WARNING, 0 FAIL, 2 not visible." in done.out, done.said
    assert done.out.count("NOT VISIBLE") == 2
    assert "personal columns" not in done.out


def test_an_audit_of_nothing_is_refused(place: Place, make_house: Callable[..., House]) -> None:
    place.house.call_sql("comment on schema etl is 'entrepot of another day'")
    try:
        # Nothing is compared with a warehouse of another version.
        state = server.read_state()
        assert state is not None
        done = place.house.entrepot(
            "audit",
            "--target",
            "prod",
            codes=(2,),
            DWH_DB_HOST="127.0.0.1",
            DWH_DB_PORT=str(state.port),
            DWH_DB_NAME=place.house.name,
            DWH_DB_USER=LOGIN,
            DBT_PASSWORD=state.passwords[LOGIN],
            DWH_DB_SSLMODE="disable",
            DWH_DB_SSLROOTCERT="",
        )
    finally:
        place.house.entrepot("init")
    assert "entrepot init --target prod" in done.err and done.err.count("\n") == 1
