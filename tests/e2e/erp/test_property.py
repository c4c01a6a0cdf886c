"""Whatever happens in the ERP, read through ODBC: history and facts are what was seen of it.

Each seed is some random days (tests/support/erp_chaos.py) in tables of up to 613 columns, with
incremental and full loads and builds mixed at random. After a full load the image is the source;
after each build the current rows of `ods` are the image, and the versions of a key are the changes
that builds saw. At the end a full refresh changes no dimension, fact or mart.
"""

from __future__ import annotations

import random
from urllib.parse import urlsplit

import pytest

from tests.support.checksums import checksums, differences
from tests.support.erp import erp_database
from tests.support.erp_chaos import (
    Chaos,
    History,
    image_differs,
    image_rows,
    rejects_differ,
    source_rows,
)
from tests.support.house import Done, House
from tests.support.odbc import odbc_url

pytestmark = pytest.mark.e2e

ROUNDS = 2
SCALE = 0.003
DERIVED = r"^dwh_(dimensions|facts|marts)$"
# The views of an empty house are those of a full one, but for what has every column of the source.
VIEWS = ("stg_erp__*", "path:models/monitoring")


@pytest.mark.trials(1, 30)
def test_whatever_happens_history_and_facts_are_what_was_seen(
    seed: int, house: House, empty_house: House
) -> None:
    house.reset(empty_house)
    with erp_database("erp_property", scale=SCALE, seed=seed) as url:
        house.variables |= {
            "ERP_URL": odbc_url(urlsplit(url).path.strip("/")),
            "ENTREPOT_PII_KEY": "a key for the tests",
        }
        _live_through(seed, house, url)


def _live_through(seed: int, house: House, url: str) -> None:
    print(f"seed {seed}: pytest tests/e2e/erp/test_property.py --seed {seed}")
    draw, chaos, history = random.Random(seed), Chaos(url, seed), History()
    for turn in range(ROUNDS + 1):
        for _ in range(draw.choice((1, 1, 2)) if turn else 0):
            chaos.pass_day()
            if draw.random() < 0.2:
                _land(house, chaos, url, full=draw.random() < 0.5)
        # The last build sees the whole source.
        _land(house, chaos, url, full=turn == ROUNDS or draw.random() < 0.4)
        chaos.told.append("build")
        built = _build(house)
        assert built.code == 0, built.said + _story(chaos)
        history.see(image_rows(house))
        wrong = history.differs(house)
        assert not wrong, "\n".join(wrong) + _story(chaos)
    before = checksums(house, schemas=DERIVED)
    _build(house, "--full-refresh", "--exclude-resource-type", "snapshot")
    moved = differences(before, checksums(house, schemas=DERIVED))
    assert not moved, f"a full refresh gives other tables: {moved}{_story(chaos)}"


def _land(house: House, chaos: Chaos, url: str, *, full: bool) -> None:
    chaos.told.append("full load" if full else "load")
    mode = ["--mode", "full"] if full else []
    # Rows without a key, or with another's, are rejected, and the run ends with 1.
    landed = house.ingest("--select", "erp", *mode, codes=(0, 1))
    failed = house.rows(
        "select table_name, error from etl.run_log "
        "where status = 'failed' and error not like '%rows rejected%'"
    )
    assert not failed, f"{failed}\n{landed.said}{_story(chaos)}"
    if full:
        rows = source_rows(url)
        wrong = image_differs(image_rows(house), rows) + rejects_differ(house, rows)
        assert not wrong, "\n".join(wrong) + _story(chaos)


def _build(house: House, *arguments: str) -> Done:
    return house.dbt(
        *("build", "--select", "source:erp+", "--exclude", *VIEWS),
        *("--exclude-resource-type", "test", "--exclude-resource-type", "unit_test"),
        *arguments,
        codes=None,
    )


def _story(chaos: Chaos) -> str:
    return "\nwhat happened:\n" + "\n".join(f"  {line}" for line in chaos.told)
