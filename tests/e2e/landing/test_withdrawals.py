"""A content that a person withdrew: whatever comes of it later, and under whatever name."""

from __future__ import annotations

import json
from functools import partial

import pytest

from ingest.lock import dataset_lock
from orchestration.deliveries import withdrawing
from tests.e2e.landing.test_deliveries import DAY, FIRST, NAME, ONLY, put, statuses, volumes
from tests.support.house import House
from tests.support.nuitee import nights, zipped

pytestmark = pytest.mark.e2e

WEEKLY = "hebdo/frequentation_nuitee.csv"


def withdraw(house: House, *arguments: str, code: int = 0) -> str:
    """`entrepot withdraw ... --reason wrong`; what it said."""
    why = () if "--undo" in arguments else ("--reason", "wrong file")
    done = house.entrepot("withdraw", *arguments, *why, codes=(code,))
    assert all(len(line) <= 80 for line in done.out.splitlines()), done.said
    return done.out + done.err


def ledger(house: House) -> list[tuple[object, ...]]:
    return house.rows(
        "select path, sha256, status, reason, withdrawn_until, delivered_at from etl.file_ledger"
        " where source = 'fluxvision' order by path, sha256"
    )


def test_the_version_before_holds_again_and_undo_puts_back_what_was(house: House) -> None:
    put(house, NAME, nights(1))
    put(house, f"new/{NAME}", nights(2), FIRST + DAY)
    house.ingest(*ONLY)
    before = ledger(house)
    said = withdraw(house, f"new/{NAME}")
    assert "1 file to be taken out" in said
    assert "1 file holding again" in said
    assert volumes(house) == ["1"]
    [(status, reason)] = house.rows(
        "select status, reason from etl.file_ledger where path like 'new/%'"
    )
    assert (status, reason) == ("withdrawn", "wrong file")
    assert house.value("select count(*) from raw_fluxvision.nuitee") == 2  # raw keeps its rows
    lines = "select source, table_name, status, rows from etl.run_log where step = 'withdraw'"
    assert house.rows(lines) == [("fluxvision", "nuitee", "ok", 1)]

    taken = ledger(house)
    assert "1 file withdrawn already" in withdraw(house, f"new/{NAME}")
    assert ledger(house) == taken
    withdraw(house, f"new/{NAME}", "--undo")
    assert ledger(house) == before
    assert "not withdrawn by anybody" in withdraw(house, f"new/{NAME}", "--undo")
    assert ledger(house) == before


def test_it_stays_withdrawn_over_reruns(house: House) -> None:
    put(house, NAME, nights(1))
    house.ingest(*ONLY)
    withdraw(house, NAME)
    taken = ledger(house)
    for how in ((), ("--rehash",), ("--mode", "full")):
        house.ingest(*ONLY, *how)
        assert ledger(house) == taken, how
        # A run that read it and landed nothing is not the one that landed it.
        [run] = house.rows("select _run_id from raw_fluxvision.nuitee")
        held = f"select run_id from etl.file_ledger where path = '{NAME}'"
        assert house.rows(held) == [run], how
    assert volumes(house) == []
    withdraw(house, NAME, "--undo")
    assert volumes(house) == ["1"]


def test_a_copy_does_not_keep_it_alive(house: House) -> None:
    put(house, NAME, nights(1))
    put(house, f"copy/{NAME}", nights(1), FIRST + DAY)
    put(house, "B1.zip", zipped({NAME: nights(1)}))
    house.ingest(*ONLY)
    assert "and 2 copies of it, under other paths" in withdraw(house, NAME, "--dry-run")
    assert volumes(house) == ["1"]
    withdraw(house, f"B1.zip!{NAME}")
    assert {status for [(status, _)] in statuses(house).values()} == {"withdrawn"}
    # One that comes afterwards, and is not of a later date, is withdrawn too.
    put(house, f"late/{NAME}", nights(1), FIRST + DAY)
    landed = json.loads(house.ingest(*ONLY, "--json").out)
    assert landed["total"]["files"]["withdrawn"] == 1
    assert statuses(house)[f"late/{NAME}"] == [("withdrawn", 0)]
    reasons = "select distinct reason from etl.file_ledger where source = 'fluxvision'"
    assert house.rows(reasons) == [("wrong file",)]
    withdraw(house, f"late/{NAME}", "--undo")
    assert sorted(status for [(status, _)] in statuses(house).values()) == [
        *("duplicate", "duplicate", "duplicate", "landed")
    ]


@pytest.mark.parametrize("path", [NAME, f"again/{NAME}"])
def test_delivered_anew_with_a_later_date_it_counts_again(house: House, path: str) -> None:
    put(house, NAME, nights(1))
    put(house, f"copy/{NAME}", nights(1), FIRST + DAY)
    house.ingest(*ONLY)
    withdraw(house, NAME)
    put(house, path, nights(1), FIRST + 2 * DAY)
    house.ingest(*ONLY)
    assert volumes(house) == ["1"]
    held = "select count(*) from etl.file_ledger where withdrawn_until is not null"
    assert house.value(held) == 0
    assert all(reason is None for _, _, _, reason, *_ in ledger(house))
    # And can be taken out once more.
    withdraw(house, NAME)
    assert volumes(house) == []


def test_of_a_path_the_last_content_is_meant_unless_every_version_is(house: House) -> None:
    for week in range(3):
        put(house, WEEKLY, nights(week + 1), FIRST + week * DAY)
        house.ingest(*ONLY)
    assert "2 earlier versions under the same paths" in withdraw(house, WEEKLY)
    assert volumes(house, "frequentation_nuitee") == ["1", "2"]
    # The same request again means the same content.
    withdraw(house, "frequentation_nuitee.csv")
    assert volumes(house, "frequentation_nuitee") == ["1", "2"]
    file_id = house.value(
        "select _file_id from raw_fluxvision.frequentation_nuitee where volume = '1'"
    )
    withdraw(house, file_id)
    assert volumes(house, "frequentation_nuitee") == ["2"]
    withdraw(house, "*nuitee*", "--undo", "--every-version")
    assert volumes(house, "frequentation_nuitee") == ["1", "2", "3"]
    withdraw(house, WEEKLY, "--every-version")
    assert volumes(house, "frequentation_nuitee") == []


def test_an_archive_a_name_and_a_glob_are_understood(house: House) -> None:
    members = {NAME: nights(1), "Nuitee_2024B1_HTC0.csv": nights(2, zone="HTC")}
    put(house, "B1 2024/all[1].zip", zipped(members))
    put(house, "Nuitee_2024B1_GENTIANE0.csv", nights(3, zone="GENTIANE"))
    house.ingest(*ONLY)
    for wanted, left in {
        "B1 2024/all[1].zip": ["3"],
        "all[1].zip": ["3"],
        "NUITEE_2024b1_[CH]*": ["3"],
        "b1 2024/*": ["3"],
        "*GENTIANE0.csv": ["1", "2"],
        "*": [],
    }.items():
        withdraw(house, wanted)
        assert volumes(house) == left, wanted
        withdraw(house, wanted, "--undo")
        assert volumes(house) == ["1", "2", "3"], wanted


def test_a_dry_run_changes_nothing_and_says_what_would_be(house: House) -> None:
    put(house, NAME, nights(1))
    put(house, f"new/{NAME}", nights(2), FIRST + DAY)
    house.ingest(*ONLY)
    before = ledger(house), house.rows("select * from etl.run_log order by logged_at")
    said = withdraw(house, f"new/{NAME}", "--dry-run")
    assert "Nothing was changed" in said
    assert "1 file holding again" in said
    assert "no figure is known to move" in said
    told = json.loads(withdraw(house, f"new/{NAME}", "--dry-run", "--json"))
    assert [one["paths"] for one in told["files"]] == [[f"new/{NAME}"]]
    assert [one["paths"] for one in told["holding_again"]] == [[NAME]]
    assert (told["dry_run"], told["moves"]) == (True, None)
    assert (ledger(house), house.rows("select * from etl.run_log order by logged_at")) == before


def test_what_was_never_landed_or_is_purged_is_one_line(house: House) -> None:
    put(house, NAME, nights(1))
    put(house, f"bad/{NAME}", b"Jour;Volume\n")
    put(house, "Recurrence_2024B1_CABA0.csv", nights(1))
    house.ingest(*ONLY, codes=(1,))
    for wanted, words in {
        "nobody.csv": "no delivered file is called nobody.csv",
        f"bad/{NAME}": "has never landed (1 failed)",
        "Recurrence*": "has never landed (1 ignored)",
        "communes": "no delivered file is called communes",
    }.items():
        [line] = withdraw(house, wanted, code=2).splitlines()
        assert words in line
    # As a purge leaves it (tests/e2e/privacy/test_purge_files.py).
    house.call_sql(
        "update etl.file_ledger set status = 'withdrawn', purged_at = now(),"
        f" reason = 'past its retention, and purged' where path = '{NAME}'"
    )
    before = ledger(house)
    for arguments in ([NAME], [NAME, "--undo"]):
        assert "was purged past its retention" in withdraw(house, *arguments, code=2)
    assert ledger(house) == before


def test_what_the_landing_withdrew_is_not_put_back(house: House) -> None:
    put(house, NAME, b"Jour;Volume\n")
    house.ingest(*ONLY, codes=(1,))
    put(house, NAME, nights(1), FIRST + DAY)
    house.ingest(*ONLY)
    before = ledger(house)
    assert [row[2] for row in before] == ["withdrawn", "landed"] or [row[2] for row in before] == [
        "landed",
        "withdrawn",
    ]
    withdraw(house, NAME, "--every-version")
    withdraw(house, NAME, "--every-version", "--undo")
    assert ledger(house) == before


def test_while_a_run_is_landing_it_is_one_line(
    house: House, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(withdrawing, "dataset_lock", partial(dataset_lock, wait=0.1))
    put(house, NAME, nights(1))
    house.ingest(*ONLY)
    before = ledger(house)
    with house.cursor() as cursor:
        cursor.execute(
            "select pg_advisory_lock(hashtext('entrepot ingest'), hashtext('raw_fluxvision'))"
        )
        assert withdrawing.run_withdraw(house.warehouse, NAME, "wrong file") == 1
    [line] = capsys.readouterr().err.splitlines()
    assert "another run is landing in raw_fluxvision" in line
    assert ledger(house) == before


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((NAME,), "say why"),
        ((NAME, "--reason", "  "), "say why"),
        ((NAME, "--undo", "--reason", "x"), "does not go with --undo"),
        ((), "Missing argument"),
    ],
)
def test_a_bad_request_is_one_line(
    bare_house: House, arguments: tuple[str, ...], words: str
) -> None:
    done = bare_house.entrepot("withdraw", *arguments, codes=(2,))
    assert len(done.err.splitlines()) == 1
    assert words in done.err
