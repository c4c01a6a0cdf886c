"""`entrepot health` on a warehouse: what it finds, whom it tells, and that it tells once."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.house import Done, House
from tests.support.webhook import Webhook

pytestmark = pytest.mark.e2e

LINE = (
    "insert into etl.run_log (run_id, source, table_name, step, status, rows, error, logged_at)"
    " values ('{}', 'fluxvision', '{}', '{}', '{}', {}, {}, now() - interval '{}')"
)
ERROR = "'cannot read sftp://aya:s3cret@portal.example.org/in'"


@pytest.fixture
def hook() -> Iterator[Webhook]:
    with Webhook() as running:
        yield running


def check(house: House, hook: Webhook, *arguments: str, code: int = 1, **extra: str) -> Done:
    return house.entrepot(
        "health",
        *arguments,
        codes=(code,),
        ALERT_URLS=hook.url,
        HEARTBEAT_URL=hook.http_url.replace("/alerts", "/beat"),
        **extra,
    )


def found(done: Done) -> set[tuple[str, str]]:
    return {(one["kind"], one["subject"]) for one in json.loads(done.out)["findings"]}


def test_a_day_of_the_health_check(house: House, hook: Webhook) -> None:
    # Nobody said where these are: for each of them that is one thing to mend. What failed
    # before the house was landed is mended.
    nowhere = {("sla", source) for source in ("atelier", "commandes", "erp", "sigeti")}
    house.call_sql(
        LINE.format("r1", "nuitee", "load", "failed", "null", ERROR, "0 s"),
        LINE.format("r2", "diurne", "load", "failed", "null", "'odd'", "20 hours"),
        "insert into etl.measures values (current_date - 8, 'database_bytes', 'database', 1)",
    )
    seen = check(house, hook, "--json", "--no-send")
    assert found(seen) == {*nowhere, ("failed", "fluxvision.nuitee")}
    assert "s3cret" not in seen.said
    # A look tells nobody, and keeps what it measured.
    assert hook.calls == []
    assert house.value("select count(*) from etl.alerts") == 0
    assert house.rows(
        "select measure from etl.measures where subject = 'database' and measured_on = current_date"
    ) == [("database_bytes",)]
    told = check(house, hook)
    assert max(map(len, told.out.splitlines())) <= 80
    assert "fluxvision.nuitee" in told.out
    assert hook.calls == ["/alerts", "/alerts", "/beat"]
    alerts, day = hook.messages
    assert alerts["title"] == "Entrepôt dev: 5 alerts, 5 critical"
    assert "First error: cannot read sftp://***@portal.example.org/in" in alerts["message"]
    assert day["title"] == "Entrepôt dev, the day: 5 open, 5 critical"
    assert "Open: CRITICAL failed fluxvision.nuitee" in day["message"]
    assert "s3cret" not in told.said + str(hook.messages)
    # Mended: the end is told, the day is not told twice.
    house.call_sql(LINE.format("r4", "nuitee", "load", "ok", "7", "null", "0 s"))
    check(house, hook)
    assert [one["title"] for one in hook.messages[2:]] == [
        "Entrepôt dev: over: failed fluxvision.nuitee"
    ]
    assert hook.calls[-1] == "/beat"


def test_a_failure_stays_until_it_is_mended_or_acknowledged(house: House, hook: Webhook) -> None:
    about = "fluxvision.nuitee validate"
    house.call_sql(LINE.format("r5", "nuitee", "validate", "failed", "null", "'odd'", "9 days"))
    # Of a warehouse of nine days a backup is planned, and none was made.
    assert {("failed", about), ("backup", "backup")} <= found(check(house, hook, "--json"))
    assert f"failed {about}" in house.entrepot("alert", "--acknowledge", "fluxvision").out
    told = len(hook.messages)
    assert ("failed", about) not in found(check(house, hook, "--json"))
    assert len(hook.messages) == told
    wrong = house.entrepot("alert", "--acknowledge", "fluxvision", codes=(2,))
    assert "no failure of it is open" in wrong.err and wrong.err.count("\n") == 1
    house.call_sql(LINE.format("r6", "nuitee", "validate", "failed", "null", "'odd'", "0 s"))
    assert ("failed", about) in found(check(house, hook, "--json", "--no-send"))
    house.call_sql(LINE.format("r7", "nuitee", "validate", "ok", "null", "null", "0 s"))
    assert ("failed", about) not in found(check(house, hook, "--json", "--no-send"))


def test_a_refused_file_is_told_until_it_is_withdrawn(house: House, hook: Webhook) -> None:
    house.call_sql(
        # Its siblings landed in the same run, which says nothing of it.
        LINE.format("r8", "sejour_duree", "extract", "failed", "null", "'B1.zip: torn'", "1 min"),
        LINE.format("r8", "sejour_duree", "extract", "ok", "9", "null", "0 s"),
        "insert into etl.file_ledger (delivery_id, source, table_name, connection, path,"
        " container_path, status, reason, seen_at, last_seen_at) values ('torn', 'fluxvision',"
        " 'sejour_duree', 'X', 'B1.zip', 'B1.zip', 'failed', 'torn', now(), now())",
    )
    about = ("file_failed", "fluxvision.sejour_duree")
    assert about in found(check(house, hook, "--json", "--no-send"))
    house.call_sql("update etl.file_ledger set status = 'withdrawn' where delivery_id = 'torn'")
    assert about not in found(check(house, hook, "--json", "--no-send"))


def test_calendars_and_logs_are_looked_at_from_the_day_that_is_asked_for(
    house: House, hook: Webhook
) -> None:
    # Friday 13 November 2026; Wednesday 11 is a public holiday, and Sunday is no working day.
    house.call_sql(
        *(
            "insert into etl.file_ledger (delivery_id, source, table_name, connection, path,"
            " container_path, logical_name, status, seen_at, last_seen_at, landed_at) values"
            f" ('{machine}{day}', 'atelier', 'lignes_log', 'ATELIER_URL', 'x', 'x',"
            f" 'lignes_log/{machine}/202611{day}', 'landed', now(), now(), now())"
            for machine, days in (
                ("DEM12", ("06", "07", "09", "10", "12")),
                ("SU12", ("06", "07", "09", "10")),
            )
            for day in days
        )
    )
    for day, machines in (("2026-11-13", {"DEMALU"}), ("2026-11-14", {"DEMALU", "SU12"})):
        seen = check(house, hook, "--json", "--no-send", "--today", day)
        assert {subject for kind, subject in found(seen) if kind == "missing_files"} == {
            f"atelier {machine}" for machine in machines
        }
    told = json.loads(seen.out)["findings"]
    (of_demalu,) = [one for one in told if one["subject"] == "atelier DEMALU"]
    # 6, 7, 9, 10 and 12 November.
    assert of_demalu["message"].startswith("5 of 6 expected files did not come")
    late = check(house, hook, "--json", "--no-send", "--today", "2035-06-01")
    ends = {subject for kind, subject in found(late) if kind == "calendar"}
    assert ends == {"school holidays", "communes", "public holidays", "seasons"}


def test_what_a_person_can_mend_is_one_line(house: House, hook: Webhook, tmp_path: Path) -> None:
    wrong = check(house, hook, "--today", "soon", code=2)
    assert "--today soon: it is not a day" in wrong.err
    wrong = house.entrepot("health", codes=(2,), HEARTBEAT_URL="beat.example.org/s3cret")
    assert "HEARTBEAT_URL is no web address" in wrong.err
    assert "s3cret" not in wrong.err
    assert wrong.err.count("\n") == 1
    wrong = check(house, hook, "--no-send", code=2, BACKUP_WITHIN="soon")
    assert "BACKUP_WITHIN: 'soon' is not a duration" in wrong.err and wrong.err.count("\n") == 1
    asked = check(house, hook, "--json", "--no-send", BACKUP_WITHIN="never")
    assert ("backup", "backup") not in found(asked)
    # The check itself went well.
    wrong = house.entrepot("health", codes=(1,), HEARTBEAT_URL="http://beat.example.org:port/")
    assert "HEARTBEAT_URL was not reached" in wrong.err and wrong.err.count("\n") == 1


def test_a_warehouse_that_is_down_is_told_once_and_stops_the_heartbeat(
    house: House, hook: Webhook, tmp_path: Path
) -> None:
    nowhere = {
        "DWH_DB_HOST": "127.0.0.1",
        "DWH_DB_PORT": "1",
        "DWH_DB_NAME": "none",
        "DWH_DB_USER": "nobody",
        "DBT_PASSWORD": "s3cret-word",
        "DWH_DB_SSLMODE": "disable",
        "ENTREPOT_STATE_DIR": str(tmp_path),
    }
    for _ in range(2):
        down = check(house, hook, "--target", "prod", **nowhere)
        assert "CRITICAL" in down.out
        assert "s3cret" not in down.said
    assert hook.calls == ["/alerts"]
    assert hook.messages[0]["title"] == "Entrepôt prod: CRITICAL warehouse prod"
