"""The declared tables of the order system, as MySQL has them: landed by a run, and synced."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest

from ingest.catalog import DatabaseOrigin, load_catalog
from ingest.settings import ROOT, environment
from orchestration.sync_columns import sync_columns
from tests.conftest import HOME
from tests.support.house import House
from tests.support.mariadb import MariaDb

pytestmark = pytest.mark.e2e

DECLARED = Path("models/staging/commandes/_commandes__sources.yml")
TABLES = (
    """create table A_Kopf (ID varchar(32) primary key, AuftragsTyp varchar(10), AuNummer int,
        AuAlpha varchar(5), KundenNr varchar(20), KundenBez varchar(80), Kommission varchar(80),
        Bauvorhaben varchar(80), Auftragsart varchar(20), FSystemGrp varchar(20),
        AufStatus varchar(40), Techniker varchar(40), A_VorMwSt decimal(15,2),
        unique (AuftragsTyp, AuNummer, AuAlpha))""",
    """create table A_Logbuch (ID int auto_increment primary key, ID_A_Kopf varchar(32),
        Code varchar(10), Bezeichnung varchar(80), Datum date, Zeit time, Benutzer varchar(40),
        Notiz text)""",
    """create table A_KopfFreie (ID_A_Kopf varchar(32), Nummer int, FeldTyp varchar(10),
        FeldInhalt varchar(80), Feld1 varchar(50), Feld2 varchar(50), Feld3 varchar(50),
        Feld5 varchar(50))""",
    """create table A_Vorgang (ID_A_Kopf varchar(32), Nummer varchar(20), Bezeichnung varchar(80),
        Datum date, Zeit time, Benutzer varchar(40), NotizCode varchar(10), NotizText text,
        CodeIntern varchar(10), NLoesch tinyint(1))""",
    """create table P_Artikel (ID int primary key, ID_A_Kopf varchar(32), Position int,
        ArtikelID varchar(20), Dim1 decimal(10,2), Dim2 decimal(10,2), Dim3 double)""",
    """create table P_Zubeh (ID_A_Kopf varchar(32), Position smallint, Kennung varchar(10),
        ZNr int, ZCode varchar(40), Text varchar(80), Stueck decimal(10,3))""",
)
ROWS = (
    "insert into A_Kopf values ('2507748-004', 'A', 2507748, '004', 'K1', 'Madame Dupont',"
    " 'Maison Dupont', 'Chantier Dupont', 'N', 'PVC', 'lancer en prod', 'Jean Martin', 1234.56)",
    "insert into A_Logbuch values (1, '2507748-004', 'P', 'x', '2025-05-02', '09:30:00',"
    " 'Jean Martin', 'cde Planifiée'), (2, '2507748-004', 'P', 'x', '2025-05-20', '23:59:59',"
    " 'Jean Martin', null)",
    "insert into A_KopfFreie values ('2507748-004', 1, 'T', 'Dupont', 'Dupont', '3', '02.05.2025',"
    " '20.06.2025')",
    "insert into A_Vorgang values ('2507748-004', 'VR10', 'x', '2025-05-03', '10:00:00',"
    " 'Jean Martin', 'N', 'appeler Dupont', 'C', 0)",
    "insert into P_Artikel values (1, '2507748-004', 1, 'F1', 1200, 1400.5, 0.1)",
    "insert into P_Zubeh values ('2507748-004', 1, 'K', 1, 'SOP20', 'Coffre', 2),"
    " ('2507748-004', 1, 'K', 1, 'SOP20', 'Coffre', 2)",
)


@pytest.fixture(scope="module")
def house() -> Iterator[House]:
    made = House.build("commandes_mysql", HOME)
    yield made
    made.demolish()


def test_the_declared_tables_land_from_mysql_and_then_their_deltas(
    house: House, source: MariaDb
) -> None:
    source.execute(*TABLES, *ROWS)
    house.variables |= {"COMMANDES_URL": source.url(), "ENTREPOT_PII_KEY": "a key for the tests"}
    first = house.ingest("--select", "commandes", codes=(1,))
    # Two rows are the same: one of them is a reject, and more than the table tolerates.
    assert "commandes.p_zubeh: 1 of 2 rows rejected" in first.out + first.err
    counts = {
        table: house.value(f"select count(*) from raw_commandes.{table}")
        for table in ("a_kopf", "a_logbuch", "a_kopffreie", "a_vorgang", "p_artikel", "p_zubeh")
    }
    assert counts == dict.fromkeys(counts, 1) | {"a_logbuch": 2}
    assert house.rows(
        "select id, au_nummer, auf_status, a_vor_mw_st from raw_commandes.a_kopf"
    ) == [("2507748-004", 2507748, "lancer en prod", Decimal("1234.56"))]
    (log,) = house.rows("select zeit, benutzer, notiz from raw_commandes.a_logbuch where id = '1'")
    assert (log[0], log[2]) == ("09:30:00", "cde Planifiée")
    assert len(log[1]) == 64, "a pseudonym"
    landed = str(
        [house.rows(f"select t::text from raw_commandes.{table} as t") for table in counts]
    )
    assert not any(name in landed for name in ("Dupont", "Martin", "K1"))
    source.execute(
        "insert into A_Logbuch values (3, '2507748-004', 'P', 'x', '2025-05-21', '08:00:00', 'z',"
        " 'en retard')",
        "update A_Logbuch set Notiz = 'corrigée' where ID in (1, 2)",
        "delete from P_Zubeh limit 1",
    )
    house.ingest("--select", "commandes")
    notes = house.rows("select notiz from raw_commandes.a_logbuch order by id")
    assert notes == [("cde Planifiée",), ("corrigée",), ("en retard",)], "from the lookback on"
    house.ingest("--select", "commandes", "--mode", "full")
    assert house.value("select notiz from raw_commandes.a_logbuch where id = '1'") == "corrigée"


def test_sync_columns_reads_the_catalogue_of_mysql(
    house: House,
    source: MariaDb,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    source.execute(
        *TABLES,
        "alter table A_Kopf add Filiale smallint unsigned comment 'Agence'",
        "create table `A Mahnung` (Nr int primary key, AuNummer int, Betrag decimal(12,2))",
    )
    monkeypatch.setenv("COMMANDES_URL", source.url())
    environment.cache_clear()
    declared = tmp_path / DECLARED
    declared.parent.mkdir(parents=True)
    declared.write_text((ROOT / DECLARED).read_text(encoding="utf-8"), encoding="utf-8")
    before = declared.read_text(encoding="utf-8")
    try:
        assert sync_columns(house.warehouse, "commandes", [], project=tmp_path, dry_run=True) == 0
        assert declared.read_text(encoding="utf-8") == before
        assert sync_columns(house.warehouse, "commandes", [], project=tmp_path) == 0
        assert sync_columns(house.warehouse, "commandes", ["A Mahnung"], project=tmp_path) == 0
    finally:
        monkeypatch.undo()
        environment.cache_clear()
    text, said = declared.read_text(encoding="utf-8"), capsys.readouterr()
    assert set(before.splitlines()) <= set(text.splitlines()), "what a person wrote stays"
    assert "+ filiale (smallint unsigned)" in said.out
    assert '- {name: filiale, data_type: integer, description: "Agence"' in text
    found = {
        table.name: table for source in load_catalog(tmp_path).sources for table in source.tables
    }
    origin = found["a_mahnung"].origin
    assert isinstance(origin, DatabaseOrigin)
    assert (origin.relation, origin.primary_key) == ("A Mahnung", ("Nr",))
    assert "kunden_bez" not in text, "what is dropped is not declared"
