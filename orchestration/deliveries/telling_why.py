"""What `entrepot why` prints, for 80 columns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from textwrap import wrap

from orchestration.deliveries.election import RULES, Candidate
from orchestration.deliveries.keyed import Keyed
from orchestration.deliveries.sessions import RULES as LOG_RULES
from orchestration.deliveries.sessions import Log, Session
from orchestration.deliveries.slices import Slice
from orchestration.deliveries.telling_withdrawals import shortened

WIDTH = 80


def slices_as_text(
    found: Sequence[Slice], fact: str, marts: Sequence[str], remark: str | None
) -> str:
    """Slices of a fact, one after the other, then the marts that it feeds."""
    parts = [f"Note: {remark}"] if remark else []
    parts += [_slice(one, fact) for one in found]
    return "\n\n".join([*parts, _marts(fact, marts)])


def _slice(one: Slice, fact: str) -> str:
    lines = [f"{one.family}, {one.zone}, {one.day}", *_fact_says(one, fact)]
    if not one.candidates:
        lines.append("No file that has landed has this slice.")
    elif one.winner is None:
        lines.append("No file that counts has this slice.")
    else:
        lines.append(f"Read from, by the rule '{one.winner.rule}' ({RULES[one.winner.rule]}):")
    for candidate in one.candidates:
        lines += _candidate(candidate)
    return "\n".join(part for line in lines for part in _folded(line))


def _fact_says(one: Slice, fact: str) -> list[str]:
    held = one.held
    now = "no row"
    if held.rows:
        now = f"{_count(held.rows, 'row')}, volume {held.volume:,}, from {held.path}"
    lines = [f"{fact} has {now}."]
    if one.is_due:
        then = one.winner.path if one.winner else "no file"
        lines.append(f"The last build has not seen all of this: the next one reads it from {then}.")
    return lines


def _candidate(one: Candidate) -> list[str]:
    mark = "->" if one.wins else "  "
    kind = "provisional" if one.is_provisional else "consolidated"
    lines = [
        f"{mark} {shortened(one.path, WIDTH - 3)}",
        f"     {kind}, delivered {one.delivered_at:%Y-%m-%d %H:%M:%S}, {_rows(one.rows)},"
        f" _file_id {one.file_id}",
    ]
    if not one.wins:
        why = f" ({one.reason})" if one.reason and one.rule == "withdrawn" else ""
        by = f" by {one.against}" if one.against and one.rule == "superseded" else ""
        lines.append(f"     not read, {one.rule}{by}{why}: {RULES[one.rule]}")
    elif one.against:
        lines.append(f"     next best: {one.against}")
    lines.append(f"     landed {_moment(one.landed_at)} by run {one.run_id}")
    lines += _rejects(one.rejects)
    return lines


def session_as_text(session: Session, fact: str, marts: Sequence[str]) -> str:
    """A session of the workshop: its logs, then the marts."""
    lines = [
        f"{session.machine}, {session.day}",
        f"{fact} has {_count(session.rows, 'row')} of it.",
    ]
    if session.is_due:
        lines.append("The last build has not seen all of this: the next one makes it anew.")
    if not session.logs:
        lines.append("No log that has landed has an event of this session.")
    else:
        lines.append("Made from the events of these logs together, each event once:")
    for log in session.logs:
        # A log that is landed every ten minutes has hundreds of these.
        if log.rule != "part of it":
            lines += _log(log, session.logs)
    lines += _rejects(session.rejects)
    text = "\n".join(part for line in lines for part in _folded(line))
    return f"{text}\n\n{_marts(fact, marts)}"


def _log(one: Log, logs: Sequence[Log]) -> list[str]:
    own = [log for log in logs if log.logical_name == one.logical_name]
    before = [log for log in own if log.rule == "part of it" and one.rule == "read"]
    grown = [f"     grown from {_count(len(before), 'earlier content')}"] if before else []
    why = f" ({one.reason})" if one.reason and one.rule == "withdrawn" else ""
    return [
        f"{'->' if one.is_read else '  '} {shortened(one.path, WIDTH - 3)}",
        f"     {one.rule}{why}: {LOG_RULES[one.rule]}",
        f"     delivered {one.delivered_at:%Y-%m-%d %H:%M:%S}, {_count(one.lines, 'line')},"
        f" _file_id {one.file_id}",
        f"     landed {_moment(one.landed_at)} by run {one.run_id}",
        *grown,
    ]


def row_as_text(row: Keyed, fact: str, marts: Sequence[str]) -> str:
    """A row of a database's fact: its run and the loads of its tables, then the marts."""
    key = ", ".join(f"{column} {value}" for column, value in row.key.items())
    lines = [key, f"{fact} has {_count(row.rows, 'row')} of it."]
    if row.rows:
        lines.append(f"Its values came with run {row.run_id}; the loads of its source tables:")
    else:
        lines.append("The source tables of the fact, and their last loads:")
    for load in row.loads:
        when = "of that run" if load.is_of_the_row else f"last, by run {load.run_id}"
        rows = "" if load.rows is None else f", {_count(load.rows, 'row')} changed"
        lines.append(f"   {load.table}: {load.ended_at:%Y-%m-%d %H:%M:%S}, {when}{rows}")
    if not row.loads:
        lines.append("   none has ever been loaded")
    text = "\n".join(part for line in lines for part in _folded(line))
    return f"{text}\n\n{_marts(fact, marts)}"


def _marts(fact: str, marts: Sequence[str]) -> str:
    if not marts:
        return f"{fact} feeds no mart."
    return "\n".join(_folded(f"{fact} feeds {', '.join(marts)}."))


def _rejects(found: Mapping[str, int]) -> list[str]:
    return [f"     rejects, {reason}: {count:,}" for reason, count in found.items()]


def _folded(line: str) -> list[str]:
    indent = " " * (len(line) - len(line.lstrip()))
    return wrap(line, WIDTH, subsequent_indent=indent, break_on_hyphens=False)


def _rows(number: int | None) -> str:
    return "rows unknown" if number is None else _count(number, "row")


def _moment(moment: object) -> str:
    return f"{moment:%Y-%m-%d %H:%M:%S}" if moment else "at an unknown time"


def _count(number: int, one: str) -> str:
    return f"{number:,} {one if number == 1 else one + 's'}"
