"""Logs that grow: however they come, the lines of each content are those of its bytes."""

from __future__ import annotations

import random
from collections.abc import Iterator

import pytest

from tests.conftest import HOME
from tests.support.house import House
from tests.support.inbox import packed
from tests.support.kill import kill_when
from tests.support.logs import Workshop
from tests.support.sftp import SftpServer

pytestmark = pytest.mark.e2e

DAY = "DEM12/20250528.LOG"
# One day under three paths, of which two are one logical name; others of their own.
PATHS = (DAY, "copies/dem12/20250528.log", "DEM12 (PVC)/20250528.LOG", "DEM12/20250528_2.log")
PIECES = (b"\n", b"\r\n", b"\r", b"\0", b"\xe9", b"20250528 05:02:11|@StukUitgevoerd: 1", b"x")


@pytest.fixture(scope="module")
def empty() -> Iterator[House]:
    house = House.build("workshop", HOME)
    house.ingest("--select", "atelier", ATELIER_URL=str(house.inbox))
    yield house
    house.demolish()


@pytest.fixture
def workshop(empty: House) -> Workshop:
    empty.call_sql(
        "truncate raw_atelier.lignes_log, etl.file_ledger, etl.rejects, etl.load_intents"
    )
    for path in sorted(empty.inbox.rglob("*"), reverse=True):
        path.rmdir() if path.is_dir() else path.unlink()
    return Workshop(empty)


def some_bytes(chance: random.Random) -> bytes:
    return b"".join(chance.choices(PIECES, k=chance.randint(1, 12)))


@pytest.mark.trials(3, 100)
def test_however_logs_grow_their_lines_are_those_of_the_bytes(
    seed: int, workshop: Workshop
) -> None:
    chance = random.Random(seed)
    now: dict[str, bytes] = {}
    past: list[bytes] = []
    for _ in range(8):
        for _ in range(chance.randint(1, 4)):
            path, what = chance.choice(PATHS), chance.random()
            body = now.get(path, b"")
            if what < 0.7:
                # Cut anywhere: inside a line, between CR and LF, among NULs.
                body += some_bytes(chance)
                body = body[: -chance.randint(1, 3)] if chance.random() < 0.3 else body
            elif what < 0.8:
                body = some_bytes(chance)
            elif past:
                # A copy of what was there, here or elsewhere, and perhaps another end to it.
                body = chance.choice(past) + chance.choice([b"", some_bytes(chance)])
            now[path] = body
            past.append(body)
            workshop.put(path, body)
        if chance.random() < 0.3:
            workshop.put(
                "logs.zip", packed(dict(chance.sample(sorted(now.items()), len(now) // 2)))
            )
        workshop.land(
            mode=chance.choice(["incremental", "incremental", "full"]),
            rehash=chance.random() < 0.2,
            files=chance.choice([None, None, None, "*_2.log"]),
        )
        workshop.check()
    workshop.land()
    workshop.check()
    assert workshop.land() == 0


def statuses(workshop: Workshop) -> dict[str, list[tuple[str, int | None]]]:
    """Path -> (status, first row) of each content seen there, in the order of sight."""
    found: dict[str, list[tuple[str, int | None]]] = {}
    for path, status, row in workshop.house.rows(
        "select path, status, first_row from etl.file_ledger where source = 'atelier'"
        " order by seen_at, path"
    ):
        found.setdefault(path, []).append((status, row))
    return found


def withdraw(workshop: Workshop, *arguments: str) -> str:
    why = () if "--undo" in arguments else ("--reason", "wrong log")
    return workshop.house.entrepot("withdraw", *arguments, *why).out


def test_a_log_brings_its_new_lines_alone_with_their_numbers(workshop: Workshop) -> None:
    workshop.put(DAY, b"20250528 05:00:00|@MachineStart\r\n" * 500 + b"20250528 05:1")
    assert workshop.land() == 501
    workshop.put(DAY, b"20250528 05:00:00|@MachineStart\r\n" * 500 + b"20250528 05:10:00|@x\r\n")
    assert workshop.land() == 1
    body = b"20250528 05:00:00|@MachineStart\r\n" * 500 + b"20250528 05:10:00|@x\r\n\r\n20250529"
    workshop.put(DAY, body)
    house = workshop.house
    said = house.ingest("--select", "atelier", "--extract-only", ATELIER_URL=str(house.inbox)).out
    assert "it adds to what has landed, from line 502 on" in said
    assert workshop.land() == 2
    assert statuses(workshop) == {DAY: [("superseded", None), ("superseded", 501), ("landed", 502)]}
    rows = workshop.house.records(
        "select * from raw_atelier.lignes_log where _row_number > 500 order by _loaded_at, 5"
    )
    assert [(row["_row_number"], row["texte"]) for row in rows] == [
        (501, "20250528 05:1"),
        (501, "20250528 05:10:00|@x"),
        (502, ""),
        (503, "20250529"),
    ]
    assert {(row["machine"], row["fichier"]) for row in rows} == {("DEM12", "20250528.LOG")}
    [last] = workshop.house.records("select * from etl.file_ledger where first_row = 502")
    assert (last["rows_read"], last["rows_landed"], last["rows_rejected"]) == (2, 2, 0)
    assert (last["size_bytes"], last["encoding"]) == (len(body), "iso-8859-1")
    assert (str(last["first_day"]), str(last["last_day"])) == ("2025-05-29", "2025-05-29")
    workshop.check()


def test_where_a_log_lies_and_how_it_is_named_decides(workshop: Workshop) -> None:
    for path in ("20250528.LOG", "SU12/notes.txt", "SU12/machine.LOG", "SU12/20250528.LOG.part"):
        workshop.put(path, b"x\n")
    workshop.put("SU12/20250529.LOG", b"")
    workshop.put("SU12/envoi.zip", packed({"20250528.LOG": b"a\n", "DEMALU/20250528.LOG": b"b\n"}))
    workshop.land()
    reasons = dict(
        workshop.house.rows(
            "select path, concat_ws(': ', status, reason) from etl.file_ledger"
            " where source = 'atelier'"
        )
    )
    assert reasons == {
        "20250528.LOG": "ignored: it lies in no folder, and its table needs the name of one",
        "SU12/notes.txt": "ignored: no table has files of this name",
        "SU12/machine.LOG": "ignored: no table has files of this name",
        "SU12/20250528.LOG.part": "pending: the name ends in .part: still being uploaded",
        "SU12/20250529.LOG": "landed",  # a log that nothing was written to yet
        "SU12/envoi.zip!20250528.LOG": "landed",
        "SU12/envoi.zip!DEMALU/20250528.LOG": "landed",
    }
    assert workshop.house.rows("select machine, texte from raw_atelier.lignes_log order by 1") == [
        ("DEMALU", "b"),
        ("SU12", "a"),
    ]
    # What was empty has no line to go on from, and an archive sent again may bring more.
    workshop.put("SU12/20250529.LOG", b"c\n")
    workshop.put("SU12/envoi.zip", packed({"20250528.LOG": b"a\na\n"}))
    assert workshop.land() == 2
    assert statuses(workshop)["SU12/envoi.zip!20250528.LOG"][-1] == ("landed", 2)
    workshop.check()


def test_what_a_request_leaves_out_comes_later(workshop: Workshop) -> None:
    workshop.put(DAY, b"a\n" * 100)
    workshop.put("DEM12/20240528.LOG", b"b\n")
    assert workshop.land(year=2024) == 1
    assert workshop.land(max_size=10) == 0
    assert workshop.land(files="dem12/*") == 100
    workshop.check()


def test_a_log_grows_on_a_server_too(workshop: Workshop, sftp_server: SftpServer) -> None:
    server = sftp_server
    workshop.url = (
        f"{server.url(workshop.inbox)}?key_file={server.key_file}&known_hosts={server.known_hosts}"
    )
    workshop.put(DAY, b"a\r\nb\r")
    assert workshop.land() == 2
    workshop.put(DAY, b"a\r\nb\r\nc")
    assert workshop.land() == 2
    assert statuses(workshop)[DAY] == [("superseded", None), ("landed", 2)]
    workshop.check()


def test_one_content_is_continued_once(workshop: Workshop) -> None:
    twin = "copies/dem12/20250528.log"
    workshop.put(DAY, b"a\nb")
    workshop.land()
    # Both go on from what has landed, each its own way, in one run.
    workshop.put(DAY, b"a\nb1\n")
    workshop.put(twin, b"a\nb2\nc\n")
    assert workshop.land() == 1 + 3
    workshop.check()
    # Each goes on from its own now; a third way begins anew.
    workshop.put(DAY, b"a\nb1\nc")
    workshop.put(twin, b"a\nb2\nc\nd")
    workshop.put("more/DEM12/20250528.LOG", b"a\nb3")
    assert workshop.land() == 1 + 1 + 2
    workshop.check()


def test_a_copy_of_what_has_grown_is_known(workshop: Workshop) -> None:
    workshop.put(DAY, b"a\n")
    workshop.land()
    workshop.put(DAY, b"a\nb\n")
    workshop.put("copies/DEM12/20250528.LOG", b"a\nb\n")
    workshop.put("DEM12 (PVC)/20250528.LOG", b"a\nb\n")  # another folder: a file of its own
    assert workshop.land() == 1 + 2
    assert statuses(workshop)["copies/DEM12/20250528.LOG"] == [("duplicate", 2)]
    workshop.check()
    # Everything anew is what was there: no line twice, none lost.
    before = workshop.raw()
    workshop.land(mode="full")
    assert workshop.raw() == before
    workshop.check()
    # The first content comes back alone: nothing is landed, and nothing may go on from it.
    workshop.put(DAY, b"a\n")
    assert workshop.land() == 0
    workshop.put(DAY, b"a\nz\n")
    assert workshop.land() == 2
    workshop.check()


def test_a_log_goes_on_from_nothing_that_was_withdrawn(workshop: Workshop) -> None:
    workshop.put(DAY, b"a\n")
    workshop.land()
    workshop.put(DAY, b"a\nb\n")
    workshop.land()
    first = workshop.house.value(
        "select _file_id from etl.file_ledger where source = 'atelier' and first_row is null"
    )
    withdraw(workshop, first)
    assert statuses(workshop)[DAY] == [("withdrawn", None), ("landed", 2)]
    workshop.put(DAY, b"a\nb\nc\n")
    assert workshop.land() == 3
    assert statuses(workshop)[DAY][-1] == ("landed", None)


def test_a_log_is_taken_out_with_all_that_it_grew_from(workshop: Workshop) -> None:
    workshop.put(DAY, b"other\n")
    workshop.land()
    for body in (b"a\n", b"a\nb\n", b"a\nb\nc\n"):
        workshop.put(DAY, body)
        workshop.land()
    workshop.put("copies/DEM12/20250528.log", b"a\nb\n")
    workshop.land()
    before = statuses(workshop)
    said = withdraw(workshop, DAY)
    assert "3 files to be taken out" in said
    assert "1 earlier version" in said
    assert statuses(workshop) == {
        DAY: [("landed", None), ("withdrawn", None), ("withdrawn", 2), ("withdrawn", 3)],
        "copies/DEM12/20250528.log": [("withdrawn", 2)],
    }
    # What goes on from it lands whole, and both count once it is put back.
    workshop.put(DAY, b"a\nb\nc\nd\n")
    assert workshop.land() == 4
    # Of the path, the log of now is meant; of the copy, the chain that it is part of.
    assert "1 file not withdrawn by anybody" in withdraw(workshop, DAY, "--undo")
    assert "3 files to be put back" in withdraw(workshop, "copies/*", "--undo")
    assert statuses(workshop)[DAY][:-1] == [
        ("superseded", row) if status == "landed" else (status, row) for status, row in before[DAY]
    ]
    workshop.check()
    workshop.put(DAY, b"a\nb\nc\nd\ne\n")
    assert workshop.land() == 1
    workshop.check()


@pytest.mark.parametrize(
    ("held", "moment"),
    [
        ("raw_atelier.lignes_log", "select 1 from etl.load_intents"),
        (
            "etl.file_ledger",
            "select 1 from raw_atelier.lignes_log"
            " where _run_id = (select min(run_id) from etl.load_intents)",
        ),
    ],
    ids=["before its rows are there", "when they are there and do not count"],
)
def test_killed_while_it_lands_what_was_added_then_run_once_more(
    workshop: Workshop, held: str, moment: str
) -> None:
    house = workshop.house
    line = b"20250528 05:02:11|@StukUitgevoerd: 1\r\n"
    workshop.put(DAY, line * 10 + line[:20])
    workshop.land()
    workshop.put(DAY, line * 10_000 + line[:1])
    house.variables = {"ATELIER_URL": str(house.inbox)}
    with house.cursor() as cursor:
        # The run comes no further than this table.
        cursor.execute(f"begin; lock table {held} in share mode")
        hit = kill_when(house, house.ingest_command("--select", "atelier"), moment)
        cursor.execute("rollback")
    assert hit, "the moment never came"
    assert workshop.land() == 9_991
    workshop.check()
    assert house.value("select count(*) from etl.load_intents") == 0
