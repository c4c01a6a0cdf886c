"""The demo's logs have the figures of the real workshop, and the faults only when asked for."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from functools import cache
from pathlib import Path
from statistics import mean

import pytest

from demo import atelier
from demo.__main__ import main
from tests.support.atelier import seen_of
from tests.support.atelier_facts import bar, session_row
from tests.support.atelier_oracle import (
    PIECE,
    WAIT,
    Session,
    SessionKey,
    rejects,
    sessions,
)

# Of the real workshop, by machine: pieces of a session; occupied, waiting, stopped in %; hours of
# each; stops of a session and their mean seconds; pieces an hour, and from 12 to 14 h.
REAL = {
    "SU12": (809, (71.5, 15.8, 12.8), (10.0, 2.3, 1.9), (26, 272), (48, 76), (28, 34)),
    "DEM12": (480, (59.9, 15.4, 24.7), (7.9, 2.1, 3.4), (18, 856), (35, 48), (12, 18)),
    "DEMALU": (334, (62.7, 10.3, 27.0), (7.5, 1.4, 3.4), (16, 935), (24, 39), (11, 11)),
}
FULL_HOURS = (6, 7, 8, 9, 10, 11, 14, 15, 16)
PLAIN, FAULTY = atelier.Settings(), atelier.Settings(faults=True)
LAST = atelier.DEMO_TO


@pytest.fixture(scope="module")
def plain() -> list[atelier.Delivery]:
    return list(atelier.deliveries(PLAIN))


@pytest.fixture(scope="module")
def faulty() -> list[atelier.Delivery]:
    return list(atelier.deliveries(FAULTY))


@pytest.fixture(scope="module")
def expected(plain: list[atelier.Delivery]) -> dict[SessionKey, Session]:
    return sessions(seen_of(plain))


@pytest.fixture(scope="module")
def worked(expected: dict[SessionKey, Session]) -> dict[str, list[Session]]:
    """The sessions of each machine."""
    found = defaultdict(list)
    for (machine, _), session in expected.items():
        found[machine].append(session)
    return found


@pytest.mark.parametrize("machine", REAL)
def test_twenty_days_are_as_those_of_the_workshop(
    machine: str, worked: dict[str, list[Session]]
) -> None:
    pieces, shares, spent, (stops, length), _, _ = REAL[machine]
    rows = [session_row(session) for session in worked[machine]]
    assert len(rows) == 20
    assert mean(row["total_pieces"] for row in rows) == pytest.approx(pieces, rel=0.03)
    rates = ("taux_occupation", "taux_attente", "taux_arret_volontaire")
    for name, real in zip(rates, shares, strict=True):
        assert float(mean(row[name] for row in rows)) == pytest.approx(real, abs=1.5), name
    times = ("temps_production_effectif", "temps_attente", "temps_arret_volontaire")
    for name, real in zip(times, spent, strict=True):
        # Half of the last digit that is known of them, and three in a hundred.
        known = float(mean(row[name] for row in rows))
        assert known == pytest.approx(real, abs=0.05 + 0.03 * real), name
    lengths = [float(stop.seconds) for session in worked[machine] for stop in session.stops]
    assert len(lengths) / len(rows) == pytest.approx(stops, rel=0.05)
    assert mean(lengths) == pytest.approx(length, rel=0.05)


@pytest.mark.parametrize("machine", REAL)
def test_the_day_has_its_shape(machine: str, worked: dict[str, list[Session]]) -> None:
    *_, (low, high), (dip_low, dip_high) = REAL[machine]
    curve = by_hour(worked[machine])
    assert all(0.97 * low <= curve[hour] <= 1.03 * high for hour in FULL_HOURS), curve
    assert 0.85 * dip_low <= (curve[12] + curve[13]) / 2 <= 1.15 * dip_high, curve
    for session in worked[machine]:
        assert time(5) <= session.events[0].moment.time() < time(5, 5)
        assert session.events[-1].moment.time() < time(21)


def by_hour(worked: Sequence[Session]) -> dict[int, float]:
    """Pieces in an hour of the clock, a session that had any in it."""
    counted: Counter[int] = Counter()
    having: Counter[int] = Counter()
    for session in worked:
        found = [piece.moment.hour for piece in session.pieces]
        counted.update(found)
        having.update(set(found))
    return {hour: counted[hour] / having[hour] for hour in sorted(counted)}


def test_saturdays_are_half_and_there_is_no_sunday(worked: dict[str, list[Session]]) -> None:
    for machine, found in worked.items():
        days = Counter(session.day.weekday() for session in found)
        assert days[6] == 0 and days[5] == 2 and sum(days.values()) == 20
        saturday = mean(len(one.pieces) for one in found if one.day.weekday() == 5)
        weekday = mean(len(one.pieces) for one in found if one.day.weekday() < 5)
        assert saturday / weekday == pytest.approx(0.5, abs=0.05), machine


def test_bars_are_those_of_the_workshop(worked: dict[str, list[Session]]) -> None:
    found = [bar(event) for one in worked.values() for session in one for event in session.bars]
    references = Counter(reference for reference, _, _ in found)
    assert len(references) == 14 and min(references.values()) > 100
    assert {colour for _, _, colour in found} == {"654", "WS", "ALU", "LAQ", "7016"}
    whole = [length for _, length, _ in found if length is not None and length >= 4900]
    assert max(whole) <= 6200 and len(whole) / len(found) > 0.9


def test_without_faults_there_is_nothing_to_reject(plain: list[atelier.Delivery]) -> None:
    assert not rejects(seen_of(plain))
    assert {delivery.fault for delivery in plain} == {""}
    shape = re.compile(rb"(\d{8} \d\d:\d\d:\d\d\|@[A-Z][A-Za-z]+(: [^\x00\r\n]+)?\r\n)+")
    assert all(shape.fullmatch(delivery.body) for delivery in plain)


def test_plain_days_have_what_living_machines_write(worked: dict[str, list[Session]]) -> None:
    found = [session for one in worked.values() for session in one]
    assert all(session.stops[0].start < session.pieces[0].moment for session in found)
    assert all(session.stops[-2].start > session.pieces[-1].moment for session in found)
    assert all(not session.stops[-1].seconds for session in found)
    assert all(any(wait.counted < wait.seconds for wait in one.waits) for one in found)
    names = {event.name for session in found for event in session.events}
    assert len(names) == 8 and WAIT in names


def test_a_file_is_the_same_whatever_is_asked(plain: list[atelier.Delivery]) -> None:
    day = date(2025, 5, 20)
    alone = list(atelier.deliveries(replace(PLAIN, first=day, last=day)))
    assert alone and alone == [one for one in plain if f"{day:%Y%m%d}" in one.path]
    other = list(atelier.deliveries(replace(PLAIN, first=day, last=day, seed=3)))
    assert [one.path for one in other] == [one.path for one in alone]
    assert all(one.body != again.body for one, again in zip(other, alone, strict=True))


@pytest.mark.parametrize("faults", [False, True])
def test_a_later_hour_only_adds(faults: bool) -> None:
    whole = {one.path: one.body for one in atelier.deliveries(replace(FAULTY, faults=faults))}
    before: dict[str, bytes] = {}
    cut = 0
    for minute in range(4 * 60 + 50, 24 * 60, 20):
        until = (datetime.min + timedelta(minutes=minute)).time()
        wanted = atelier.Settings(LAST, LAST, until, faults)
        now = {one.path: one.body for one in atelier.deliveries(wanted)}
        assert now.keys() >= before.keys()
        for path, body in now.items():
            assert body.startswith(before.get(path, b""))
            assert whole[path].startswith(body)
            cut += not body.endswith(b"\r\n")
        before = now
    assert cut > 50
    assert len(before) >= 3


def test_nothing_is_written_before_its_time() -> None:
    wanted = atelier.Settings(LAST, LAST, time(12, 0))
    for delivery in atelier.deliveries(wanted):
        *_, last, rest = delivery.body.split(b"\r\n")
        assert last[:17] <= b"20250528 12:00:00"
        assert len(rest) < 60


def test_every_fault_has_its_files(faulty: list[atelier.Delivery]) -> None:
    assert {delivery.fault for delivery in faulty} == set(atelier.KINDS)
    named = {delivery.path for delivery in faulty}
    assert len(named) == len(faulty)
    assert any(name.startswith("DEM12 (PVC)/") for name in named)
    assert any(name.endswith(".log") for name in named)
    assert any("_2.LOG" in name for name in named)


@cache
def days() -> list[list[atelier.Delivery]]:
    """The files of each day, with faults."""
    asked = [FAULTY.first + timedelta(days=number) for number in range(24)]
    return [list(atelier.deliveries(replace(FAULTY, first=day, last=day))) for day in asked]


def kind(fault: str) -> list[list[atelier.Delivery]]:
    """The files of each day that has this fault: one machine at most has it."""
    found = [[one for one in files if one.fault == fault] for files in days()]
    assert any(found)
    return [files for files in found if files]


@pytest.mark.parametrize(
    "fault", ["lower_case", "old_folder", "two_files", "resent_longer", "resent_shorter", "copied"]
)
def test_how_files_come_does_not_change_what_happened(
    fault: str, expected: dict[SessionKey, Session]
) -> None:
    """What holds of such a day is the day as it would have come without the fault."""
    for files in kind(fault):
        [(key, session)] = sessions(seen_of(files)).items()
        said = {(event.moment, event.name, event.details) for event in session.events}
        assert said == {(one.moment, one.name, one.details) for one in expected[key].events}


@pytest.mark.parametrize("fault", ["night", "night_in_two_files"])
def test_a_night_is_one_session(fault: str) -> None:
    for files in kind(fault):
        [((_, day), session)] = sessions(seen_of(files)).items()
        assert {event.moment.date() for event in session.events} == {day, day + timedelta(days=1)}
        assert len({event.file.name for event in session.events}) == len(files)


def test_what_is_wrong_shows(faulty: list[atelier.Delivery]) -> None:
    assert set(rejects(seen_of(faulty))) == {
        *("no event", "unreadable time", "unreadable duration", "profile without reference")
    }
    assert all(
        len(session.pieces) == count
        for fault, count in (("one_piece", 1), ("no_piece", 0))
        for files in kind(fault)
        for session in sessions(seen_of(files)).values()
    )
    for files in kind("twins"):
        [session] = sessions(seen_of(files)).values()
        said = Counter((event.moment, event.details) for event in session.pieces)
        assert 2 in said.values()
    assert all(b"\x00" in file.body for files in kind("nul_bytes") for file in files)
    assert all(not file.body.endswith(b"\n") for [file] in kind("half_written"))
    for [file] in kind("jumbled"):
        stamps = [line[:17] for line in file.body.splitlines()]
        assert stamps != sorted(stamps)
    for [file] in kind("stop_without_start"):
        assert file.body.count(b"@MachineStart") + 4 < file.body.count(b"@MachineStop")
    for [file] in kind("start_without_stop"):
        assert file.body.count(b"@MachineStop") + 3 < file.body.count(b"@MachineStart")


def test_faults_leave_every_figure_possible(faulty: list[atelier.Delivery]) -> None:
    for session in sessions(seen_of(faulty)).values():
        row = session_row(session)
        rates = [row[f"taux_{name}"] for name in ("occupation", "attente", "arret_volontaire")]
        assert row["temps_production_effectif"] >= 0
        assert rates == [None] * 3 or (sum(rates) == 100 and min(rates) >= 0)
        assert all(0 <= period.counted <= period.seconds for period in session.waits)
        assert [piece.name for piece in session.pieces] == [PIECE] * row["total_pieces"]


def test_the_command_writes_what_is_new(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    asked = ["atelier", "--out", str(tmp_path), "--from", "2025-05-26", "--to", "2025-05-27"]
    assert main(asked) == 0
    assert "6 files (0 unchanged)" in capsys.readouterr().out
    assert main([*asked[:-1], "2025-05-28", "--until", "10:00"]) == 0
    assert "9 files (6 unchanged)" in capsys.readouterr().out
    log = tmp_path / "DEM12" / "20250528.LOG"
    assert log.stat().st_mtime == datetime.fromisoformat("2025-05-28T10:00:00Z").timestamp()
    assert not list(tmp_path.rglob("*.part"))


def test_a_bad_request_is_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["atelier", "--out", str(tmp_path), "--to", "2025-01-01"]) == 2
    assert capsys.readouterr().err.count("\n") == 1
