"""The alerts that went out while the warehouse did not answer, in a file of the state folder.

The first notify that reaches the warehouse takes them over from here.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, fields
from datetime import datetime
from pathlib import Path
from typing import Any

from ingest.server.state import file_lock, write_private
from ingest.settings import STATE_DIR, SettingsError
from orchestration.alerts.model import Alert

_MOMENTS = ("first_seen_at", "last_seen_at", "last_sent_at", "over_at")


def _path(target: str) -> Path:
    return STATE_DIR / f"alerts-{target}.json"


@contextmanager
def held(target: str) -> Iterator[None]:
    """Be the only process that sends from this file, for the block."""
    with file_lock(_path(target).with_suffix(".lock")):
        yield


def known(target: str) -> list[Alert]:
    """The alerts that were told without the warehouse of a target.

    Raises:
        SettingsError: if the file is not one that `keep` wrote.
    """
    path = _path(target)
    if not path.exists():
        return []
    try:
        return [_read(entry) for entry in json.loads(path.read_text(encoding="utf-8"))]
    except (ValueError, TypeError, KeyError) as error:
        raise SettingsError(f"{path} cannot be read; remove it: it is made anew.") from error


def keep(target: str, alerts: Sequence[Alert]) -> None:
    """Write the alerts, readable by their owner alone; without any there is no file."""
    if alerts:
        write_private(_path(target), json.dumps([asdict(one) for one in alerts], default=str))
    else:
        _path(target).unlink(missing_ok=True)


def _read(entry: dict[str, Any]) -> Alert:
    values = {one.name: entry[one.name] for one in fields(Alert)}
    for name in _MOMENTS:
        values[name] = datetime.fromisoformat(values[name]) if values[name] else None
    for name in ("sent_to", "untold"):
        values[name] = tuple(values[name])
    return Alert(**values)
