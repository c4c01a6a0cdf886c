"""What goes wrong at the machines and on the way, put in with `--faults`: one kind a file.

Which kind a file has depends on its machine and its day alone. Some change what the machine says
happened, some how it is written, some which files come.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta

from demo.atelier.lines import END, Line, body, event
from demo.atelier.machines import MACHINES, Machine

Lines = list[Line]
_NIGHT = timedelta(hours=15)  # a morning that begins at 5 h becomes a night that begins at 20 h
_MORNING_ENDS = time(12, 40)


@dataclass(frozen=True)
class Delivery:
    """A file of the drop.

    Attributes:
        path: below the drop, with `/`.
        moment: when it was last written to.
        fault: what is wrong with it, if anything.
        grows: whether the machine writes it line by line; a copy comes whole.
    """

    path: str
    body: bytes
    moment: datetime
    fault: str = ""
    grows: bool = True


def fault_of(machine: Machine, day: date) -> str:
    """The kind of fault that the file of a machine and a day has."""
    week, weekday = divmod(day.toordinal() - 1, 7)
    number = (week * 6 + weekday) * len(MACHINES) + list(MACHINES).index(machine.code)
    return KINDS[number % len(KINDS)]


# What the machine says


def _each(found: Lines, name: str, by: int) -> list[int]:
    """The places of every so manieth event of that name, the first and the last one left out."""
    places = [place for place, line in enumerate(found) if line.text.startswith(f"|@{name}")]
    return places[1:-1][::by]


def _without(name: str) -> Callable[[Lines], Lines]:
    def drop(found: Lines) -> Lines:
        dropped = set(_each(found, name, 3))
        return [line for place, line in enumerate(found) if place not in dropped]

    return drop


def _stops_said_twice(found: Lines) -> Lines:
    more = [
        event(_after(found[place], 1), "MachineStop") for place in _each(found, "MachineStop", 2)
    ]
    return _in_order(found + more)


def _waits_that_overlap(found: Lines) -> Lines:
    """Waits into each other, into a stop, and out of the time from the first to the last piece."""
    more = [
        event(_after(found[place], 3), f"MachineWait: {seconds}")
        for name, by, seconds in (
            ("MachineWait", 9, "40 sec"),
            ("MachineStop", 4, "25 sec"),
            ("StukUitgevoerd", 90, "37,5"),
            ("JobProfiel", 12, "400 sec"),
        )
        for place in _each(found, name, by)
    ]
    stops = [found[place] for place in _each(found, "MachineStop", 3)]
    more += [event(_after(line, -5), "MachineWait: 60 sec") for line in stops]
    pieces = [line for line in found if "StukUitgevoerd" in line.text]
    more += [event(_after(pieces[0], -10), "MachineWait: 45 sec")]
    more += [event(_after(pieces[-1], -4), "MachineWait: wacht 900.5 s")]
    return _in_order(found + more)


def _night(found: Lines) -> Lines:
    """The shift begins in the evening and ends after midnight."""
    morning = [line for line in found if line.moment.time() < _MORNING_ENDS]
    night = [replace(line, moment=line.moment + _NIGHT) for line in morning]
    return [*night, event(_after(night[-1], 30), "MachineStop")]


def _one_piece(found: Lines) -> Lines:
    pieces = [line for line in found if "StukUitgevoerd" in line.text]
    return [line for line in found if "StukUitgevoerd" not in line.text or line is pieces[7]]


def _no_piece(found: Lines) -> Lines:
    return [line for line in found if "StukUitgevoerd" not in line.text]


def _twins(found: Lines) -> Lines:
    """The same line twice in one second: two pieces, two waits, two bars."""
    doubled = {
        place
        for name, by in (("StukUitgevoerd", 40), ("MachineWait", 30), ("JobProfiel", 20))
        for place in _each(found, name, by)
    }
    return [line for place, line in enumerate(found) for _ in range(2 if place in doubled else 1)]


def _jumbled(found: Lines) -> Lines:
    """Blocks of lines that were written too late."""
    moved = list(found)
    for place in range(40, len(moved) - 12, 60):
        moved[place : place + 6] = moved[place + 3 : place + 6] + moved[place : place + 3]
    return moved


def _after(line: Line, seconds: int) -> datetime:
    return line.moment + timedelta(seconds=seconds)


def _in_order(found: Lines) -> Lines:
    return sorted(found, key=lambda line: line.moment)


# How it is written


def _nul_bytes(written: bytes) -> bytes:
    """NULs in the stamp, behind the text, a block of them in the middle and at the end."""
    found = written.split(END)
    for place in range(5, len(found) - 1, 23):
        found[place] = found[place][:6] + b"\x00" + found[place][6:]
    for place in range(9, len(found) - 1, 31):
        found[place] += b"\x00" * 3
    found.insert(len(found) // 2, b"\x00" * 64)
    return END.join(found) + b"\x00" * 512


def _odd_letters(written: bytes) -> bytes:
    """Letters beyond ASCII in the stamp."""
    found = written.split(END)
    for place in range(4, len(found) - 1, 17):
        found[place] = (
            found[place][:4] + b"\xff" + found[place][4:9] + b"\xa0\xfe" + found[place][9:]
        )
    return END.join(found)


def _half_written(written: bytes) -> bytes:
    """The last line stops in its middle, without an end."""
    return written[: written.rstrip().rfind(b"\n") + 14]


def _line_feeds(written: bytes) -> bytes:
    """As another system ends lines; the last one has no end at all."""
    return written.replace(END, b"\n").rstrip(b"\n")


def _noise(written: bytes) -> bytes:
    """Lines that are none, lines that nobody can read, events that nobody knows."""
    found = written.split(END)
    stamp = found[10][:17]
    for number, line in enumerate(
        (
            b"",
            b"*** herstart ***",
            b"20251399 25:61:00|@StukUitgevoerd: 1",
            b"2025052|@MachineStart",
            stamp + b"|@MachineWait: lang",
            stamp + b"|@JobProfiel: 6112 6166",
            stamp + b"|@Storing: 7 as X\xb0",
            stamp + b" StukUitgevoerd: 3",
            b"    ",
        )
    ):
        found.insert(12 + 7 * number, line)
    return END.join(found)


# Which files come


def _lower_case(whole: Delivery, _: Machine) -> list[Delivery]:
    return [replace(whole, path=whole.path.lower())]


def _old_folder(whole: Delivery, machine: Machine) -> list[Delivery]:
    """The folder had another name: it has the beginning of the day, the new one the rest."""
    found = _split(whole.body)
    name = whole.path.rsplit("/", 1)[-1]
    old = f"{machine.code} ({machine.kind})/{name}"
    return [
        replace(whole, path=old, body=_joined(found[: len(found) * 6 // 10])),
        replace(whole, body=_joined(found[len(found) * 4 // 10 :])),
    ]


def _two_files(whole: Delivery, _: Machine) -> list[Delivery]:
    """The day in two files."""
    found = _split(whole.body)
    half = len(found) // 2
    return [
        replace(whole, body=_joined(found[:half])),
        replace(whole, path=whole.path.replace(".LOG", "_2.LOG"), body=_joined(found[half:])),
    ]


def _night_in_two_files(whole: Delivery, machine: Machine) -> list[Delivery]:
    """A shift across midnight, whose end is in a file of the next day."""
    found = _split(whole.body)
    day = found[0][:8]
    following = next(line[:8] for line in found if line[:8] != day)
    return [
        replace(whole, body=_joined([line for line in found if line[:8] == day])),
        replace(
            whole,
            path=f"{machine.code}/{following.decode()}_0.LOG",
            body=_joined([line for line in found if line[:8] != day]),
        ),
    ]


def _sent_again(longer: bool) -> Callable[[Delivery, Machine], list[Delivery]]:
    def deliver(whole: Delivery, _: Machine) -> list[Delivery]:
        """The day came twice; one of the two is not whole."""
        found = _split(whole.body)
        if longer:
            less = whole.body[: len(whole.body) * 55 // 100]
        else:
            less = _joined(found[: len(found) // 3] + found[len(found) * 2 // 3 :])
        again = replace(
            whole,
            path=f"renvoi/{whole.path}",
            moment=whole.moment + timedelta(hours=12),
            grows=False,
        )
        if longer:
            return [replace(whole, body=less), again]
        return [whole, replace(again, body=less)]

    return deliver


def _copied(whole: Delivery, _: Machine) -> list[Delivery]:
    return [whole, replace(whole, path=f"copie/{whole.path}", grows=False)]


def _split(written: bytes) -> list[bytes]:
    return written.split(END)[:-1]


def _joined(found: list[bytes]) -> bytes:
    return b"".join(line + END for line in found)


_ON_LINES: dict[str, Callable[[Lines], Lines]] = {
    "stop_without_start": _without("MachineStart"),
    "start_without_stop": _without("MachineStop"),
    "stop_said_twice": _stops_said_twice,
    "overlapping_waits": _waits_that_overlap,
    "night": _night,
    "night_in_two_files": _night,
    "one_piece": _one_piece,
    "no_piece": _no_piece,
    "twins": _twins,
    "jumbled": _jumbled,
}
_ON_BYTES: dict[str, Callable[[bytes], bytes]] = {
    "nul_bytes": _nul_bytes,
    "odd_letters": _odd_letters,
    "half_written": _half_written,
    "line_feeds": _line_feeds,
    "noise": _noise,
}
_ON_FILES: dict[str, Callable[[Delivery, Machine], list[Delivery]]] = {
    "lower_case": _lower_case,
    "old_folder": _old_folder,
    "two_files": _two_files,
    "night_in_two_files": _night_in_two_files,
    "resent_longer": _sent_again(True),
    "resent_shorter": _sent_again(False),
    "copied": _copied,
}
KINDS = tuple(dict.fromkeys([*_ON_LINES, "", *_ON_BYTES, *_ON_FILES]))


def spoiled(machine: Machine, path: str, said: Lines, fault: str) -> list[Delivery]:
    """The deliveries of a machine and a day with that fault in them."""
    said = _ON_LINES.get(fault, list)(said)
    written = _ON_BYTES.get(fault, bytes)(body(said))
    moment = max(line.moment for line in said) + timedelta(minutes=1)
    whole = Delivery(path, written, moment, fault)
    return _ON_FILES.get(fault, lambda one, _: [one])(whole, machine)
