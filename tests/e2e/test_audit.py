"""`entrepot audit`: each seeded weakness is found and named, its mend mends it, and a clean
installation has none.
"""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from ingest import server, settings
from ingest.server.cluster import LOGIN, STEWARD
from ingest.warehouse import connect
from orchestration import audit
from orchestration.audit.declared import Declaration
from orchestration.audit.model import Answer
from tests.support.house import House
from tests.support.weaknesses import GUARDED, READER, RIGHTS
from tests.support.zones import added

pytestmark = pytest.mark.e2e


@dataclass
class Place:
    """The house, what is declared for it, and how it is looked at within this process."""

    house: House
    declared: Declaration

    def wrong(self, *, samples: bool = False) -> list[Answer]:
        """What is not as declared."""
        return [one for one in audit.look(self.declared, samples=samples) if one.severity != "OK"]

    def mend(self, finding: Answer) -> None:
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
    told = json.loads(place.house.entrepot("audit", "--json").out)
    assert told["exit_code"] == 0
    assert {one["severity"] for one in told["findings"]} == {"OK"}
    assert place.house.rows("select status, rows from etl.run_log where step = 'audit'") == [
        ("ok", 0)
    ]


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


def _eventually(place: Place, *, some: bool) -> list[Answer]:
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
        f"update raw_fluxvision.nuitee set contact = 'voir {secret}', rappel = '0102030405'",
        "update dwh_marts.mart_tourisme_sejours set remarque = '+225 07 08 09 10 11'",
        "insert into raw_sigeti.entreprises (id, raison_sociale)"
        " values (1, 'FR76 3000 6000 0112 3456 7890 189')",
        # A sample of pages is to find rows in them.
        "vacuum (full, analyze) raw_fluxvision.nuitee",
    )
    try:
        found = [one for one in place.wrong(samples=True) if one.check == "personal columns"]
        done = house.entrepot("audit", codes=(1,))
        log = "select status, rows, error from etl.run_log where step = 'audit'"
        said = house.rows(f"{log} order by logged_at desc limit 1")
        declared = replace(place.declared, accepted={"raw_fluxvision.nuitee.rappel": "why"})
        accepted = [one.found for one in Place(house, declared).wrong(samples=True)]
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


def test_a_table_that_is_held_hides_no_other(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    place.house.call_sql(
        "insert into raw_sigeti.entreprises (id, raison_sociale) values (1, 'aya@example.org')"
    )
    monkeypatch.setattr(audit, "WAIT", "200ms")
    with closing(connect(server.admin(place.house.name))) as builder, builder.cursor() as cursor:
        cursor.execute("lock table dwh_dimensions.dim_commune in access exclusive mode")
        found = place.wrong(samples=True)
    place.house.call_sql("truncate raw_sigeti.entreprises")
    told = {(one.severity, one.found) for one in found}
    assert ("NOT VISIBLE", "dwh_dimensions.dim_commune: it took too long") in told
    mail = "raw_sigeti.entreprises.raison_sociale holds e-mail addresses (100 % of a sample)"
    assert ("FAIL", mail) in told
    assert len(told) == 2


def test_what_others_give_each_other_is_none_of_our_business(place: Place) -> None:
    place.house.call_sql(
        "create role voisin",
        "create role voisine",
        "create schema ailleurs authorization voisin",
        "create table ailleurs.held (x int)",
        "grant usage on schema ailleurs to voisine",
        "grant select on ailleurs.held to voisine with grant option",
        "alter default privileges for role voisin grant select on tables to voisine",
    )
    try:
        assert place.wrong() == []
    finally:
        place.house.call_sql(
            "drop schema ailleurs cascade",
            "drop owned by voisin",
            "drop owned by voisine",
            "drop role voisin, voisine",
        )


def test_what_only_a_superuser_sees_is_said_to_be_hidden(place: Place) -> None:
    elsewhere = replace(place.house.warehouse, target="prod")
    known = frozenset({LOGIN, STEWARD})
    declared = replace(place.declared, warehouse=elsewhere, administrators=known)
    # Elsewhere the reader is a group like the others: it has no password of set-up's.
    (group,) = [one for one in audit.look(declared, samples=False) if one.check == "roles"]
    assert group.found == "entrepot_reader may log in"
    place.house.call_sql(group.mend)
    try:
        hidden = Place(place.house, declared).wrong()
    finally:
        place.house.call_sql("alter role entrepot_reader login")
    assert [(one.check, one.severity) for one in hidden] == [("password method", "NOT VISIBLE")] * 2
    assert audit.exit_code(hidden) == 0


def test_a_warehouse_of_another_version_is_refused(place: Place) -> None:
    place.house.call_sql("comment on schema etl is 'entrepot of another day'")
    try:
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
