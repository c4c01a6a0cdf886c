"""What `entrepot withdraw` prints: the files that are meant, then what becomes of the figures."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from tabulate import tabulate

from ingest.withdrawals import Content
from orchestration.deliveries.falling_back import Fallback

if TYPE_CHECKING:
    from orchestration.deliveries.withdrawing import Outcome

WIDTH = 80
# Of a list this much is shown; `--json` has all of it.
SHOWN = 40


def listed(outcome: Outcome) -> str:
    """The files that are meant, before anything is done."""
    parts = []
    doing = "put back" if outcome.reason is None else "taken out"
    if outcome.acted:
        parts.append(_files(f"{_count(len(outcome.acted), 'file')} to be {doing}", outcome.acted))
    if outcome.settled:
        already = "not withdrawn by anybody" if outcome.reason is None else "withdrawn already"
        parts.append(_files(f"{_count(len(outcome.settled), 'file')} {already}", outcome.settled))
    if outcome.purged:
        title = f"{_count(len(outcome.purged), 'file')} purged past retention: left as they are"
        parts.append(_files(title, outcome.purged))
    if outcome.earlier:
        parts.append(
            f"{_count(outcome.earlier, 'earlier version')} under the same paths: left as"
            " they are (--every-version)."
        )
    return "\n\n".join(parts)


def _files(title: str, contents: Sequence[Content]) -> str:
    lines = [f"{title}:"]
    for content in contents[:SHOWN]:
        days = f", {_days(content.first_day, content.last_day)}" if content.first_day else ""
        why = f" ({content.reason})" if content.reason else ""
        lines.append(f"  {shortened(content.last_path, WIDTH - 2)}")
        said = f"{content.source}.{content.table}, {_count(content.rows, 'row')}{days},"
        lines.append(f"    {shortened(f'{said} {content.status}{why}', WIDTH - 4, at_end=True)}")
        others = len(content.paths) - 1
        if others:
            lines.append(f"    and {_count(others, 'copy', 'copies')} of it, under other paths")
    if len(contents) > SHOWN:
        lines.append(f"  and {len(contents) - SHOWN:,} more")
    return "\n".join(lines)


def said(outcome: Outcome) -> str:
    """What was done, or would be, and what to do next."""
    parts = [_returned(outcome), _falling(outcome), _next(outcome)]
    return "\n\n".join(part for part in parts if part)


def _returned(outcome: Outcome) -> str:
    return (
        _files(f"{_count(len(outcome.returned), 'file')} holding again", outcome.returned)
        if outcome.returned
        else ""
    )


def _falling(outcome: Outcome) -> str:
    falling = outcome.falling
    if not outcome.acted:
        return ""
    if falling is None:
        return "No build has read files of these sources yet: no figure is known to move."
    parts = []
    if falling.moves:
        parts.append(_moves(falling.moves[:SHOWN]))
        if len(falling.moves) > SHOWN:
            parts.append(f"and {len(falling.moves) - SHOWN:,} more lines (--json has them all)")
    else:
        parts.append("No figure that was built is read from these files: none moves.")
    if falling.unread:
        parts.append(
            f"{_count(falling.unread, 'file')} of these tables not read by a build yet:"
            " what they claim\nis not in this table."
        )
    return "\n".join(parts)


def _moves(moves: Sequence[Fallback]) -> str:
    headers = ["of", "where", "days", "slices"]
    days = [_days(one.first_day, one.last_day, short=True) for one in moves]
    # Days are told whole, names take what they leave, the files the rest of the line.
    room = 36 - max(map(len, days))
    lines = [
        [shortened(one.what, room), shortened(one.where, 12), when, f"{one.slices:,}"]
        for one, when in zip(moves, days, strict=True)
    ]
    if not moves[0].is_counted:
        # A column is two wider than its header, and two blanks from the next one.
        widest = [max(map(len, column)) for column in zip(*lines, strict=True)]
        used = sum(
            2 + max(width, len(header) + 2) for width, header in zip(widest, headers, strict=True)
        )
        headers.append("read from")
        for line, one in zip(lines, moves, strict=True):
            line.append(shortened(one.to, WIDTH - used) if one.to else "no file: they go")
    return tabulate(lines, headers=headers, disable_numparse=True)


def _next(outcome: Outcome) -> str:
    if outcome.dry_run:
        return "Nothing was changed (--dry-run)."
    if not outcome.acted:
        return ""
    doing = "back" if outcome.reason is None else "withdrawn"
    return (
        f"{_count(len(outcome.acted), 'file')} {doing}, run {outcome.run_id}.\n"
        "Facts and marts follow with the next `entrepot run` or `entrepot build`."
    )


def _days(first: Any, last: Any, *, short: bool = False) -> str:
    if first == last:
        return f"{first}"
    return f"{first}..{f'{last:%m-%d}' if short and first.year == last.year else last}"


def _count(number: int, one: str, many: str | None = None) -> str:
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def shortened(text: str, width: int, *, at_end: bool = False) -> str:
    """A text of at most `width` characters; of a path the end tells more than the beginning."""
    if len(text) <= width:
        return text
    return f"{text[: width - 1]}…" if at_end else f"…{text[-(width - 1) :]}"


def as_json(outcome: Outcome) -> str:
    """The same for a program, whole."""
    falling = outcome.falling
    return json.dumps(
        {
            "run_id": outcome.run_id,
            "undo": outcome.reason is None,
            "dry_run": outcome.dry_run,
            "reason": outcome.reason,
            "files": [_content(content) for content in outcome.acted],
            "already_so": [_content(content) for content in outcome.settled],
            "purged": [_content(content) for content in outcome.purged],
            "earlier_versions_left": outcome.earlier,
            "holding_again": [_content(content) for content in outcome.returned],
            "moves": None if falling is None else [one.as_dict() for one in falling.moves],
            "unread_files": None if falling is None else falling.unread,
        },
        indent=2,
        default=str,
    )


def _content(content: Content) -> dict[str, Any]:
    return {
        "file_id": content.file_id,
        "table": f"{content.source}.{content.table}",
        "logical_name": content.logical_name,
        "paths": list(content.paths),
        "rows": content.rows,
        "first_day": content.first_day,
        "last_day": content.last_day,
        "delivered_at": content.delivered_at,
        "status": content.status,
        "reason": content.reason,
    }
