"""Source tables through ODBC come as PostgreSQL's own reader brings them, whatever happens."""

from __future__ import annotations

from typing import Any

import pytest

from ingest import server
from ingest.catalog import Table
from ingest.databases.model import SourceUnreachable
from tests.support.depot import Depot, table
from tests.support.odbc import OPTIONS, gate_to, odbc_url

pytestmark = pytest.mark.e2e

PRODUIT = (
    'create schema "PUB"',
    'create table "PUB".produit ("cod-pro" integer primary key, "nom_pro" varchar(40),'
    ' "gencod-v" varchar(14), "MScod_fou" bigint, px numeric(14,4), actif boolean, poids float8,'
    " dat_mod date, vu timestamp(6), heure time, zta varchar(60), note text)",
    """insert into "PUB".produit
       select i, 'Pièce nº ' || i || ' €', nullif(repeat('3', i % 3), ''), i * 10000000000,
           i * 1.2345, i % 2 = 0, i / 3.0, date '2025-01-01' + i % 90,
           timestamp '2025-01-01 10:00:00.123456' + i * interval '1 hour', time '10:11:12',
           'a;' || i || ';OE;;', nullif(repeat('n', i % 7), '')
       from generate_series(1, 500) as i""",
)
SAME = (
    "cod_pro, nom_pro, gencod_v, m_scod_fou, px, actif, poids, dat_mod, vu, heure, zta, zta_2,"
    " zta_3, note"
)


def produit(**ingest: Any) -> Table:
    settings = {"from": "PUB.produit", "primary_key": ["cod-pro"], "extents": {"zta": 5}}
    return table("produit", **{**settings, **ingest})


def url(depot: Depot, **how: Any) -> str:
    return odbc_url(depot.source.name, **how)


def rows(depot: Depot, what: str = SAME) -> list[tuple[Any, ...]]:
    return depot.raw(what, "produit", order="cod_pro")


def test_a_table_comes_as_the_other_reader_brings_it(depot: Depot) -> None:
    depot.source.execute(*PRODUIT)
    assert depot.land(produit(), url=url(depot))["produit"].counts.inserted == 500
    through_odbc = rows(depot)
    assert through_odbc[6][11:13] == ("7", "OE")
    depot.source.execute('create table kept as table "PUB".produit')
    types = (
        "select column_name, data_type from information_schema.columns where table_name = 'produit'"
    )
    kinds = depot.house.rows(types + " and table_schema = 'raw_sigeti' order by 1")
    depot.clear()
    depot.source.execute(*PRODUIT)
    depot.land(produit())
    assert rows(depot) == through_odbc
    assert depot.house.rows(types + " and table_schema = 'raw_sigeti' order by 1") == kinds


def test_a_delta_comes_by_the_cursor_in_the_drivers_own_words(depot: Depot) -> None:
    depot.source.execute(*PRODUIT)
    by_day = produit(cursor="dat_mod", cursor_precision="date", lookback="1d")
    depot.land(by_day, url=url(depot))
    depot.source.execute(
        """update "PUB".produit set px = 1, dat_mod = '2025-04-02' where "cod-pro" = 7"""
    )
    outcome = depot.land(by_day, url=url(depot))["produit"]
    assert not outcome.is_full and outcome.counts.updated == 1
    assert outcome.counts.read < 20
    by_moment = produit(cursor="vu", cursor_precision="datetime")
    depot.land(by_moment, url=url(depot))
    again = depot.land(by_moment, url=url(depot))["produit"]
    assert not again.is_full and again.counts.read == 1


@pytest.mark.parametrize("options", ["", ";MaxVarcharSize=20;TextAsLongVarchar=0"])
def test_a_text_longer_than_its_declared_width_is_read_whole(depot: Depot, options: str) -> None:
    depot.source.execute(
        *PRODUIT,
        """update "PUB".produit set note = repeat('é', 9000) where "cod-pro" in (3, 400)""",
    )
    outcome = depot.land(produit(), url=url(depot, options=OPTIONS + options))["produit"]
    assert outcome.failure is None and outcome.counts.inserted == 500
    lengths = depot.raw("cod_pro, length(note)", "produit", order="2 desc nulls last, 1")
    assert lengths[:3] == [(3, 9000), (400, 9000), (6, 6)]


def test_what_is_declared_as_text_is_no_text_to_measure(depot: Depot) -> None:
    depot.source.execute(
        *PRODUIT, """update "PUB".produit set note = repeat('x', 9000) where "cod-pro" = 3"""
    )
    as_text = [{"name": name, "data_type": "text"} for name in ("px", "dat_mod", "vu")]
    columns = [*({"name": name} for name in ("cod_pro", "zta")), *as_text]
    declared = table("produit", columns, **{"from": "PUB.produit", "primary_key": ["cod-pro"]})
    outcome = depot.land(declared, url=url(depot))["produit"]
    assert outcome.failure is None and outcome.counts.inserted == 500
    [(px, day, moment, length)] = depot.house.rows(
        "select px, dat_mod, vu, length(note) from raw_sigeti.produit where cod_pro = 3"
    )
    assert (px, day, length) == ("3.7035", "2025-01-04", 9000)
    assert moment.startswith("2025-01-01 13:00:00.123456")
    # As text it may become another type at the source, and back.
    depot.source.execute('alter table "PUB".produit alter px type numeric(16, 5)')
    assert depot.land(declared, url=url(depot))["produit"].failure is None


def test_a_value_that_the_filter_leaves_out_is_not_measured(depot: Depot) -> None:
    depot.source.execute(
        *PRODUIT, """update "PUB".produit set note = repeat('x', 5000) where "cod-pro" = 3"""
    )
    few = produit(filter='"cod-pro" < 3 or "MScod_fou" = 4990000000000')
    assert depot.land(few, url=url(depot))["produit"].counts.inserted == 3


def test_a_source_that_falls_silent_fails_its_table_alone(depot: Depot) -> None:
    depot.source.execute(
        *PRODUIT,
        "create table big as select i as id, repeat('x', 200) as filler"
        " from generate_series(1, 100000) as i",
        "create table small as select 1 as id",
    )
    with gate_to(server.admin().port) as gate:
        # The catalogue passes, the rows of the large table do not all do.
        gate.shuts_after = 2_000_000
        outcomes = depot.land(
            table("big"), table("small"), url=url(depot, port=gate.port), patience=2.0, threads=1
        )
    assert "sigeti.big" in str(outcomes["big"].failure)
    assert "no answer from the source for 2 s" in str(outcomes["big"].failure)
    assert "fell silent at sigeti.big" in str(outcomes["small"].failure)
    assert depot.raw("count(*)", "big", order="1") == [(0,)]
    # The next run, with the source awake, brings both.
    assert not any(
        o.failure for o in depot.land(table("big"), table("small"), url=url(depot)).values()
    )
    assert depot.raw("count(*)", "big", order="1") == [(100_000,)]


def test_the_catalogue_is_not_waited_for_either(depot: Depot) -> None:
    depot.source.execute(*PRODUIT)
    with gate_to(server.admin().port) as gate:
        gate.shuts_after = 10_000_000
        from ingest.databases.opening import open_database
        from ingest.databases.patience import Silent, within

        opened = open_database("ERP_URL", url(depot, port=gate.port), {})
        gate.shut()
        with pytest.raises(Silent):
            within(0.5, lambda: opened.describe("PUB.produit"))


def test_each_wrong_thing_is_one_line_that_names_it(depot: Depot) -> None:
    depot.source.execute(*PRODUIT)
    outcomes = depot.land(
        produit(primary_key=["code"]),
        table("vanished", **{"from": "PUB.vanished"}),
        table("fine", **{"from": "PUB.produit", "primary_key": ["cod-pro"]}),
        url=url(depot),
    )
    assert "has no column 'code'; mend the entry in x.yml" in str(outcomes["produit"].failure)
    assert "no such table" in str(outcomes["vanished"].failure)
    assert "sigeti.vanished" in str(outcomes["vanished"].failure)
    assert outcomes["fine"].counts.inserted == 500
    with pytest.raises(SourceUnreachable, match=r"SIGETI_URL: .*password"):
        depot.land(produit(), url=url(depot, password=False) + ";Pwd=wrong")
    with pytest.raises(SourceUnreachable, match=r"SIGETI_URL: Data source name not found"):
        depot.land(produit(), url="odbc:DSN=nowhere")


def test_a_key_with_a_null_in_it_is_a_key_where_it_is_declared(depot: Depot) -> None:
    depot.source.execute(
        "create table prix (id integer, hr_mod text, px integer, dat_mod date)",
        "insert into prix values (1, null, 10, '2025-01-01'), (1, '10:00', 11, '2025-01-01'),"
        " (2, null, 20, '2025-01-01')",
    )
    prix = table("prix", primary_key=["id", "hr_mod"], nullable_key=["hr_mod"], cursor="dat_mod")
    assert depot.land(prix, url=url(depot))["prix"].counts.inserted == 3
    depot.source.execute(
        "update prix set px = 12 where id = 1 and hr_mod is null",
        "delete from prix where id = 2",
        "insert into prix values (1, null, 13, '2024-12-31')",
    )
    full = depot.land(prix, url=url(depot), force_full=True)["prix"].counts
    assert (full.inserted, full.updated, full.deleted, full.rejected) == (0, 1, 1, 1)
    assert depot.raw("id, hr_mod, px", "prix", order="1, 2") == [(1, "10:00", 11), (1, None, 12)]
    assert depot.rejects() == [("prix", "duplicate key", True)]
    assert depot.land(prix, url=url(depot), force_full=True)["prix"].counts.changed == 0
