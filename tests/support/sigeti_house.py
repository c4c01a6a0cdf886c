"""A house that reads SIGETI alone: its tables are landed, and what derives from them is built."""

from __future__ import annotations

from datetime import date

from tests.support.house import Done, House

# The "today" of the tests: some days after the last of them.
TODAY = date(2025, 11, 24)
# What derives from the source tables: snapshots, dimensions, facts, marts.
DERIVED = "source:sigeti+"
# The views of an empty house are those of a full one.
VIEWS = ("path:models/staging", "path:models/monitoring")


def opens(house: House, url: str) -> None:
    """From now on the house reads that database."""
    house.variables |= {"SIGETI_URL": url, "ENTREPOT_PII_KEY": "a key for the tests"}


def land(house: House, *, full: bool = False, codes: tuple[int, ...] = (0,)) -> Done:
    """`python ingest/run_all.py --select sigeti`"""
    return house.ingest("--select", "sigeti", *(["--mode", "full"] if full else []), codes=codes)


def build(
    house: House,
    *,
    today: date = TODAY,
    full_refresh: bool = False,
    codes: tuple[int, ...] | None = (0,),
) -> Done:
    """`dbt build` of what derives from SIGETI; a full refresh leaves history as it is."""
    left_out = ["test", "unit_test", *(["snapshot"] if full_refresh else [])]
    return house.dbt(
        "build",
        *("--select", DERIVED),
        *("--exclude", *VIEWS),
        *("--vars", f"{{date_du_jour: {today}}}"),
        *(part for kind in left_out for part in ("--exclude-resource-type", kind)),
        *(["--full-refresh"] if full_refresh else []),
        codes=codes,
    )
