"""What a random story takes from a landing run, and what ends it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.support.compare import landing_differs
from tests.support.house import Done
from tests.support.inbox import Inbox, Put
from tests.support.nuitee import nights, zipped

NAME = "Nuitee_2024B1_CABA0.csv"


@pytest.fixture
def inbox(tmp_path: Path) -> Inbox:
    made = Inbox(tmp_path)
    for path, content in {
        NAME: nights(1),
        f"bad/{NAME}": b"Jour;Volume\n",
        "half.zip": zipped({NAME: nights(1)})[:-30],
        "B1.zip": zipped({NAME: b""}),
    }.items():
        made.put(Put(path, content, 1_709_251_200))
    return made


def landing(*failures: str, code: int = 1, err: str = "") -> Done:
    return Done((), code, json.dumps({"failures": failures}) if failures else "", err, 0.0)


def test_faulty_files_and_many_rejects_are_expected(inbox: Inbox) -> None:
    assert not landing_differs(landing(code=0), inbox)
    told = landing(
        *(f"bad/{NAME}: no column Date", "half.zip: not a ZIP", f"B1.zip!{NAME}: it is empty"),
        "fluxvision.nuitee: 1 of 3 rows rejected, more than 1.00%",
    )
    assert not landing_differs(told, inbox)


@pytest.mark.parametrize(
    "done",
    [
        landing(err="run_all: another run is landing in raw_fluxvision"),
        landing("half.zip: not a ZIP", "fluxvision.nuitee: the load failed"),
        landing(f"{NAME}: no column Date"),
        landing("half.zip: not a ZIP", code=-9, err="killed"),
        landing(code=2, err="run_all: no such table"),
        landing(),
    ],
    ids=["as a whole", "a table", "a sound file", "killed", "refused", "silent"],
)
def test_whatever_else_failed_ends_the_story(inbox: Inbox, done: Done) -> None:
    assert len(landing_differs(done, inbox)) == 1
