"""The order system in a real database: PostgreSQL, and MySQL by its cousin MariaDB."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from demo import commandes
from demo.__main__ import main
from demo.commandes.faults import FAULTS
from tests.support.commandes import source_rows
from tests.support.mariadb import mariadb
from tests.support.sigeti import source_database

pytestmark = pytest.mark.e2e


@pytest.fixture(scope="module")
def mysql_url() -> Iterator[str]:
    with mariadb() as server:
        server.execute(
            "create user maker@'%' identified by 'gehéim'",
            "grant all on source.* to maker@'%'",
            database="",
        )
        yield server.url(user="maker", password="geh%C3%A9im")


@pytest.fixture(params=["postgresql", "mysql"])
def url(request: pytest.FixtureRequest) -> Iterator[str]:
    """An empty database of each kind."""
    if request.param == "postgresql":
        with source_database("commandes_demo") as url:
            yield url
        return
    url = request.getfixturevalue("mysql_url")
    yield url
    opened = commandes.connect(url)
    with opened.cursor() as cursor:
        for table in (*commandes.TABLES, "demo_state_commandes"):
            cursor.execute(f'drop table if exists "{table}"')
    opened.close()


def assert_holds(url: str, day: int, seed: int = commandes.DEMO_SEED) -> None:
    """The database is what the same arguments give in memory."""
    rows, world = source_rows(url), commandes.content(1, seed, day)
    for table in commandes.TABLES:
        found = sorted(map(repr, (sorted(row.items()) for row in rows[table])))
        expected = sorted(map(repr, (sorted(row.items()) for row in world.tables[table].values())))
        assert [_plain(row) for row in found] == [_plain(row) for row in expected], table


def _plain(row: str) -> str:
    """A decimal has the digits of its column in the database."""
    return row.replace(".00')", "')")


def ask(url: str, *arguments: str) -> int:
    return main(["commandes", "--url", url, *arguments])


def test_days_pass_one_by_one_or_at_once(url: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert ask(url, "--seed", "7") == 0
    assert_holds(url, 0, 7)
    assert ask(url, "--seed", "7", "--day", "1") == 0
    assert ask(url, "--seed", "7", "--day", "3") == 0
    assert_holds(url, 3, 7)
    capsys.readouterr()
    assert ask(url, "--seed", "7", "--day", "3") == 0
    assert capsys.readouterr().out.startswith("day 3: 0 rows")
    for wrong in (("--seed", "7", "--day", "2"), ("--seed", "8"), ("--seed", "7", "--scale", "2")):
        assert ask(url, *wrong) == 2
        said = capsys.readouterr().err
        assert said.count("\n") == 1
    assert_holds(url, 3, 7)


def test_what_others_changed_stays_changed(url: str) -> None:
    opened = commandes.connect(url)
    commandes.create(opened)
    with opened.cursor() as cursor:
        cursor.execute('update "A_Kopf" set "Auftragsart" = \'X\'')
    opened.commit()
    known = {row["ID"] for row in source_rows(url)["A_Kopf"]}
    commandes.advance(opened, 2)
    opened.close()
    kept = [row for row in source_rows(url)["A_Kopf"] if row["ID"] in known]
    assert kept and {row["Auftragsart"] for row in kept} == {"X"}


def test_a_day_is_written_whole_or_not_at_all(url: str) -> None:
    """What stops a day in its last table leaves nothing of it; once mended it happens."""
    opened = commandes.connect(url)
    commandes.create(opened)
    with opened.cursor() as cursor:
        cursor.execute('alter table "P_Zubeh" rename to "gone"')
    opened.commit()
    with pytest.raises(commandes.Unreachable, match="cannot write"):
        commandes.advance(opened, 1)
    with opened.cursor() as cursor:
        cursor.execute('alter table "gone" rename to "P_Zubeh"')
    opened.commit()
    assert_holds(url, 0)
    commandes.advance(opened, 1)
    opened.close()
    assert_holds(url, 1)


def test_faults_are_put_in_once_and_stay(url: str) -> None:
    opened = commandes.connect(url)
    commandes.create(opened)
    assert commandes.spoil(opened) >= len(FAULTS)
    assert commandes.spoil(opened) == 0
    commandes.advance(opened, 1)
    opened.close()
    rows = source_rows(url)
    headers, log, fields = rows["A_Kopf"], rows["A_Logbuch"], rows["A_KopfFreie"]
    assert sum(row["AuAlpha"] is None for row in headers) == 1
    assert {"cde à vérifier", "Termin\ufffde"} <= {row["AufStatus"] for row in headers}
    assert any(row["Feld2"] == "drei" for row in fields)
    assert any(row["Feld3"] == "31.02.2025" for row in fields)
    assert any(row["Feld5"] == "KW 48" for row in fields)
    assert any(row["Notiz"] == "cde Planifi\ufffde" for row in log)
    assert any(row["Datum"].year == 1899 for row in log)


def test_a_database_of_somebody_else_is_left_alone(
    url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    opened = commandes.connect(url)
    with opened.cursor() as cursor:
        cursor.execute('create table "P_Artikel" (a integer)')
        cursor.execute('insert into "P_Artikel" values (1)')
    opened.commit()
    assert ask(url) == 2
    assert "P_Artikel holds rows that this demo did not make" in capsys.readouterr().err
    with opened.cursor() as cursor:
        cursor.execute('select * from "P_Artikel"')
        assert list(cursor.fetchall()) == [(1,)]
    opened.close()


def test_servers_that_cannot_be_used_are_said_in_one_line(
    mysql_url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    place = mysql_url.split("@")[1]
    for url, code, said in (
        ("mysql://u:secret@127.0.0.1:1/x", 1, "127.0.0.1:1/x"),
        (f"mysql://maker:secret@{place}", 1, "Access denied for user 'maker'"),
        (mysql_url.replace("/source", "/elsewhere"), 1, "elsewhere"),
        ("oracle://u:secret@127.0.0.1:1/x", 2, "postgresql:// or mysql://"),
        ("mysql://u:sec/ret@127.0.0.1:1/x", 2, "not an address"),
    ):
        assert ask(url) == code
        line = capsys.readouterr().err
        assert said in line and line.count("\n") == 1 and "sec" not in line
