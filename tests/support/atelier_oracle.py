"""What the facts of the workshop must hold, calculated in plain Python from the delivered logs.

Written from docs/atelier.md, not from the SQL: files -> lines -> events -> sessions. Slow and
simple on purpose.
"""

from __future__ import annotations

import datetime
import hashlib
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

from tests.support.inbox import Seen

DAY_BEGINS = datetime.timedelta(hours=4)
CODES = ("DEM12", "DEMALU", "SU12")
PIECE, WAIT, STOP, START, BAR = (
    *("StukUitgevoerd", "MachineWait", "MachineStop", "MachineStart"),
    "JobProfiel",
)
UNKNOWN = "INCONNU"
FILE_NAME = re.compile(r"\d{8}.*\.log", re.IGNORECASE)
STAMP = re.compile(r"\d{8} \d\d:\d\d:\d\d")
NUMBER = r"(\d+(?:[.,]\d+)?)"
LENGTH = re.compile(r"[0-9]+([.,][0-9]+)?")

Moment = datetime.datetime
SessionKey = tuple[str, datetime.date]  # machine, day of production


@dataclass
class LogFile:
    """One content of one log: its lines, and when and where it came last."""

    folder: str
    name: str
    lines: list[str]
    sha256: str
    mtime: int
    path: str

    @property
    def log(self) -> str:
        """Which log it is a content of, by its folder and its name; logs are in this order."""
        return f"{self.folder}/{self.name.rpartition('.')[0]}".upper()

    @property
    def rank(self) -> tuple[int, int, str, str]:
        """The longest holds; then the later delivery, the greater path, the greater hash."""
        return (len(self.lines), self.mtime, self.path, self.sha256)


@dataclass(frozen=True)
class Event:
    """What a line says."""

    moment: Moment
    name: str
    details: str | None
    file: LogFile
    number: int  # of the line in its file

    @property
    def order(self) -> tuple[Any, ...]:
        """By time; in one second by log, then by line."""
        return (self.moment, self.file.log, self.number)


@dataclass(frozen=True)
class Period:
    """A stop or a wait as it occurred, and the seconds of it that count."""

    start: Moment
    end: Moment
    seconds: Fraction
    counted: Fraction


@dataclass
class Session:
    """What a machine did on a day of production."""

    machine: str
    day: datetime.date
    events: list[Event]
    stops: list[Period] = field(default_factory=list)
    waits: list[Period] = field(default_factory=list)

    @property
    def pieces(self) -> list[Event]:
        return [event for event in self.events if event.name == PIECE]

    @property
    def bars(self) -> list[Event]:
        return [event for event in self.events if event.name == BAR]


# Files and lines


def code_of(folder: str) -> str:
    """The machine of a folder: its name, in any case, as of old with what it works on behind it."""
    name = re.sub(r" \((PVC|ALU|HYBRIDE)\)$", "", folder.upper())
    return name if name in CODES else UNKNOWN


def lines_of(content: bytes) -> list[str]:
    """The lines of a log as they land: without their ends, a NUL as the sign for it."""
    found = content.decode("latin-1").replace("\x00", "\u2400").split("\n")
    if found[-1] == "":
        found.pop()
    return [line.removesuffix("\r") for line in found]


def files_of(sightings: Iterable[Seen]) -> list[LogFile]:
    """Every content of every log; one that comes again takes the later time and place."""
    found: dict[tuple[str, str], LogFile] = {}
    for seen in sightings:
        parts = seen.path.replace("!", "/").split("/")
        if len(parts) < 2 or not FILE_NAME.fullmatch(parts[-1]):
            continue
        digest = hashlib.sha256(seen.content).hexdigest()
        lines = lines_of(seen.content)
        file = LogFile(parts[-2], parts[-1], lines, digest, seen.mtime, seen.path)
        known = found.get((file.log, digest))
        if known is None or known.rank < file.rank:
            found[file.log, digest] = file
    return list(found.values())


def holding(found: Iterable[LogFile]) -> list[LogFile]:
    """Of the contents of one log the longest."""
    best: dict[str, LogFile] = {}
    for file in found:
        if file.log not in best or best[file.log].rank < file.rank:
            best[file.log] = file
    return list(best.values())


# Events


def cleaned(line: str) -> str:
    """A line without the signs of NUL, a stray carriage return and the spaces around it."""
    return line.replace("\u2400", "").replace("\r", "").replace("\t", " ").strip(" ")


def parse(line: str) -> tuple[Moment, str, str | None] | str:
    """Moment, name and details of a line that is not blank; or why it cannot be read."""
    stamp, mark, said = line.partition("|@")
    if not mark:
        return "no event"
    stamp = "".join(letter for letter in stamp if letter.isascii()).strip()
    try:
        moment = datetime.datetime.strptime(stamp, "%Y%m%d %H:%M:%S")
    except ValueError:
        return "unreadable time"
    if not STAMP.fullmatch(stamp):
        return "unreadable time"
    name, _, details = said.partition(":")
    name, details = name.strip(), details.strip()
    if name == WAIT and wait_seconds(details) is None:
        return "unreadable duration"
    if name == BAR and field_of(details, "R") is None:
        return "profile without reference"
    return moment, name, details or None


def wait_seconds(details: str | None) -> Fraction | None:
    """`NN sec`, else the first decimal number."""
    details = (details or "").lower()
    found = re.search(NUMBER + r" *sec", details) or re.search(NUMBER, details)
    return Fraction(found[1].replace(",", ".")) if found else None


def field_of(details: str | None, letter: str) -> str | None:
    """The word behind `R:`, `L:`, `C:`, or behind `G `, of a bar."""
    found = re.search(rf"(?:^| ){letter}{' ' if letter == 'G' else ':'}([^ ]+)", details or "")
    return found[1] if found else None


def rejects(sightings: Iterable[Seen]) -> Counter[str]:
    """How many lines of the logs that hold cannot be read, by reason."""
    lines = [line for file in holding(files_of(sightings)) for line in map(cleaned, file.lines)]
    said = [parse(line) for line in lines if line]
    return Counter(one for one in said if isinstance(one, str))


def sessions(sightings: Iterable[Seen]) -> dict[SessionKey, Session]:
    """Every session of every machine, with what counts of its stops and waits."""
    kept: dict[SessionKey, dict[tuple[str, int], Event]] = defaultdict(dict)
    # Of one line in several logs the first log has it.
    for file in sorted(holding(files_of(sightings)), key=lambda file: file.log):
        times: Counter[str] = Counter()
        for number, line in enumerate(map(cleaned, file.lines), 1):
            read = parse(line) if line else ""
            if isinstance(read, str):
                continue
            event = Event(*read, file, number)
            times[line] += 1
            key = (code_of(file.folder), (event.moment - DAY_BEGINS).date())
            kept[key].setdefault((line, times[line]), event)
    found = {}
    for (machine, day), events in kept.items():
        ordered = sorted(events.values(), key=lambda event: event.order)
        found[machine, day] = Session(machine, day, ordered)
        _measure(found[machine, day])
    return found


# Intervals


def _measure(session: Session) -> None:
    """Stops and waits of a session, and what counts of them: each second of the window once."""
    stops = _stops(session.events)
    pieces = session.pieces
    window = (pieces[0].moment, pieces[-1].moment) if pieces else None
    session.stops = [Period(*stop, _length(*stop), _within(stop, window)) for stop in stops]
    covered: Moment | None = None
    for event in session.events:
        if event.name != WAIT:
            continue
        seconds = wait_seconds(event.details)
        assert seconds is not None
        end = event.moment + datetime.timedelta(microseconds=int(seconds * 10**6))
        start = event.moment if covered is None else min(max(event.moment, covered), end)
        counted = _within((start, end), window) - sum(
            _within((max(start, a), max(start, a, min(end, b))), window) for a, b in stops
        )
        session.waits.append(Period(event.moment, end, seconds, counted))
        covered = end if covered is None else max(covered, end)


def _stops(events: Sequence[Event]) -> list[tuple[Moment, Moment]]:
    """From each stop to the next event that is no wait and no stop; the last one may have none."""
    found: list[tuple[Moment, Moment]] = []
    since: Moment | None = None
    for event in events:
        if event.name == STOP:
            since = event.moment if since is None else since
        elif event.name != WAIT and since is not None:
            found.append((since, event.moment))
            since = None
    return [*found, (since, since)] if since is not None else found


def _length(start: Moment, end: Moment) -> Fraction:
    return Fraction((end - start) // datetime.timedelta(microseconds=1), 10**6)


def _within(span: tuple[Moment, Moment], window: tuple[Moment, Moment] | None) -> Fraction:
    """Seconds of a span that lie in the window."""
    if window is None:
        return Fraction(0)
    start, end = max(span[0], window[0]), min(span[1], window[1])
    return _length(start, end) if start < end else Fraction(0)
