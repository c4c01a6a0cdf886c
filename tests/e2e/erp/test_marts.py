"""Facts and marts of commerce are what the ERP's rows say, by whatever landings and builds.

The calculation in plain Python is tests/support/erp_marts.py.
"""

from __future__ import annotations

from contextlib import closing
from datetime import timedelta

import pytest

from demo import erp
from tests.support.checksums import checksums, differences, row_versions
from tests.support.erp import erp_database
from tests.support.erp_marts import Known, differences_from, rows_of
from tests.support.examples import silent_examples
from tests.support.house import House

pytestmark = pytest.mark.e2e

SCALE = 0.005
# Within the promised days of the demo: some lines are late, others not yet.
TODAY = erp.BASE_DATE + timedelta(days=9)
ON_THAT_DAY = ("--vars", f"{{date_du_jour: {TODAY}}}")
# Each day at which the warehouse looks, and how it loads: a full load sees what is gone.
LOOKS = ((0, False), (1, False), (2, True))
COMMERCE = r"^dwh_(facts|marts)$"


def test_facts_and_marts_are_what_the_source_says(house: House) -> None:
    known, lines = Known(), set()
    with erp_database("erp_marts", scale=SCALE) as url:
        house.variables |= {"ERP_URL": url, "ENTREPOT_PII_KEY": "a key for the tests"}
        for day, full in LOOKS:
            with closing(erp.connect(url)) as opened:
                erp.advance(opened, day)
                rows = rows_of(opened, "PUB")
            house.ingest("--select", "erp", "--mode", "full" if full else "incremental")
            _build(house)
            if not full:
                # An increment cannot see what is gone: the warehouse knows its image.
                with house.cursor() as cursor:
                    rows = rows_of(cursor.connection, "raw_erp")
            known.learn(rows)
            assert not differences_from(house, rows, known, TODAY), f"day {day}"
            lines |= {row["uniq_id"] for row in rows["lignecli"]}
    left = lines - {row["uniq_id"] for row in rows["lignecli"]}
    assert left, "no line was closed: the days show nothing"
    before, versions = checksums(house, schemas=COMMERCE), row_versions(house, COMMERCE)
    _build(house, tested=True)
    assert not differences(versions, row_versions(house, COMMERCE)), "rewritten by a rerun"
    _build(house, full_refresh=True)
    assert not differences(before, checksums(house, schemas=COMMERCE))
    assert silent_examples(house, "commerce/*.sql", *ON_THAT_DAY) == []


def _build(house: House, *, full_refresh: bool = False, tested: bool = False) -> None:
    """Build what the marts of commerce need; a full refresh leaves history as it is."""
    left_out = ["unit_test", *([] if tested else ["test"]), *(["snapshot"] if full_refresh else [])]
    house.dbt(
        *("build", "--warn-error"),
        *("--select", "source:erp+,+path:models/marts/commerce"),
        # The views of an empty house are those of a full one.
        *("--exclude", "path:models/staging"),
        *ON_THAT_DAY,
        *(part for kind in left_out for part in ("--exclude-resource-type", kind)),
        *(["--full-refresh"] if full_refresh else []),
    )
