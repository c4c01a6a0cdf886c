"""The database of SIGETI as PostgreSQL has it: what is written, refused, and what goes wrong."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import psycopg2
import pytest

from demo import sigeti
from demo.__main__ import main
from demo.sigeti.faults import FAULTS, FUTURE
from tests.support.sigeti import sigeti_database, source_database

pytestmark = pytest.mark.e2e

Rows = dict[Any, dict[str, Any]]
# PostgreSQL writes the numbers of a point in its own way.
SHAPES = {"location", "polygon"}
ENUMERATIONS = {
    "enum_zones_industrielles_unite_mesure": ["m2", "ha"],
    "enum_zones_industrielles_statut": ["actif", "inactif", "en_construction"],
    "enum_lots_unite_mesure": ["m2", "ha"],
    "enum_lots_statut": ["disponible", "occupé"],
    "enum_lots_priorite": ["haute", "normale", "basse"],
    "enum_entreprises_forme_juridique": ["SA", "SARL", "SAS", "SARLU", "EURL"],
    "enum_demandes_attribution_statut": ["EN_COURS", "VALIDE", "REJETE", "DOCUMENTS_REJETES"],
    "enum_demandes_attribution_type_demande": ["ZONE_INDUSTRIELLE", "HORS_ZONE_INDUSTRIELLE"],
    "enum_demandes_attribution_priorite": ["haute", "normale", "basse"],
    "enum_collectes_status": [
        *("recouvree", "partiellement_recouvree", "non_recouvree", "reportee"),
    ],
    "enum_collectes_statut_cloture": ["ouverte", "cloturee"],
    "enum_collecte_agents_role": ["responsable", "assistant"],
    "enum_factures_statut": ["En attente", "Payée", "Échouée", "Annulée", "Remboursée"],
    "enum_factures_processus_origine": ["COLLECTE_DROIT", "ATTRIBUTION_LOT", "Frais de Lamev"],
    "enum_paiement_factures_mode_paiement": ["chèque", "Chèque", "espèces", "carte"],
    "enum_paiement_factures_statut": ["Réussi", "en_attente"],
    "enum_commissions_type": ["INTERNE", "INTERMINISTERIELLE"],
    "enum_commissions_statut": ["PLANIFIEE", "TENUE"],
    "enum_decisions_commission_decision": ["VALIDE", "REJET"],
}


@pytest.fixture
def url() -> Iterator[str]:
    with source_database("sigeti_empty") as address:
        yield address


def query(url: str, text: str) -> list[tuple[Any, ...]]:
    opened = psycopg2.connect(url, client_encoding="UTF8", options="-c timezone=UTC")
    try:
        with opened.cursor() as cursor:
            cursor.execute(text)
            return list(cursor.fetchall()) if cursor.description else []
    finally:
        opened.commit()
        opened.close()


def tables(url: str) -> dict[str, Rows]:
    """Every row of the eighteen tables, without the shapes."""
    opened = psycopg2.connect(url, client_encoding="UTF8", options="-c timezone=UTC")
    found: dict[str, Rows] = {}
    with opened.cursor() as cursor:
        for table in sigeti.TABLES:
            cursor.execute(f"select * from public.{table}")
            names = [column.name for column in cursor.description]
            rows = [dict(zip(names, row, strict=True)) for row in cursor]
            found[table] = {
                row["id"]: {k: row[k] for k in names if k not in SHAPES} for row in rows
            }
    opened.close()
    return found


def expected(scale: int, seed: int, day: int) -> dict[str, Rows]:
    """The same in memory; a column that no row fills is in the database alone."""
    world = sigeti.content(scale, seed, day)
    return {
        table: {
            key: {name: value for name, value in row.items() if name not in SHAPES}
            for key, row in rows.items()
        }
        for table, rows in world.tables.items()
    }


def test_the_database_holds_the_content() -> None:
    with sigeti_database("sigeti_day4", seed=7, day=4) as url:
        assert tables(url) == expected(1, 7, 4)


def test_days_pass_one_by_one_or_at_once(url: str) -> None:
    opened = sigeti.connect(url)
    sigeti.create(opened, seed=7)
    assert tables(url) == expected(1, 7, 0)
    for day in (1, 3, 4):
        assert sigeti.advance(opened, day) > 0
        assert sigeti.standing(opened) == sigeti.State(1, 7, day)
    opened.close()
    assert tables(url) == expected(1, 7, 4)


def test_the_same_day_again_writes_nothing() -> None:
    with sigeti_database("sigeti_again", day=2) as url:
        versions = "select xmin::text, id from public.factures order by id"
        before = query(url, versions)
        opened = sigeti.connect(url)
        assert sigeti.create(opened) == 0
        assert sigeti.advance(opened, 2) == 0
        opened.close()
        assert query(url, versions) == before


def test_what_others_changed_stays_changed(url: str) -> None:
    """A day writes the columns that it changes, of the rows that it changes."""
    opened = sigeti.connect(url)
    sigeti.create(opened)
    query(url, "update public.entreprises set raison_sociale = 'Autre' || id")
    query(url, "alter table public.lots add column nouveau text default 'x'")
    sigeti.advance(opened, 3)
    opened.close()
    known = query(url, "select count(*) from public.entreprises where raison_sociale like 'Autre%'")
    assert known == [(35,)]
    assert query(url, "select distinct nouveau from public.lots") == [("x",)]


def test_enumerations_are_those_of_the_application() -> None:
    with sigeti_database("sigeti_types") as url:
        found = query(
            url,
            """
            select typname::text, array_agg(enumlabel::text order by enumsortorder)
            from pg_enum join pg_type on pg_type.oid = enumtypid group by 1
            """,
        )
        assert dict(found) == ENUMERATIONS
        wrong = query(
            url,
            """
            select table_name, column_name, data_type from information_schema.columns
            where table_schema = 'public' and (
                (column_name = 'id' and data_type <> 'integer')
                or (column_name ~ '^(montant|prix|superficie)' and data_type <> 'numeric')
                or (column_name ~ '^date_|_at$' and data_type <> 'timestamp with time zone')
            )
            """,
        )
        assert wrong == []


def test_only_its_own_schemas_are_touched() -> None:
    with sigeti_database("sigeti_schemas") as url:
        schemas = query(
            url,
            "select distinct table_schema::text from information_schema.tables "
            "where table_schema !~ '^(pg_|information_schema)' order by 1",
        )
        assert schemas == [("demo_state",), ("public",)]


# The command


def ask(url: str, *arguments: str) -> int:
    return main(["sigeti", "--url", url, *arguments])


def one_line(capsys: pytest.CaptureFixture[str]) -> str:
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.count("\n") == 1 and "Traceback" not in said.err
    return said.err


def test_the_command(url: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert ask(url, "--day", "2") == 0
    assert capsys.readouterr().out.startswith("day 2: ")
    # Without a day it stays where it is.
    assert ask(url) == 0
    assert capsys.readouterr().out.startswith("day 2: 0 rows")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--day", "1"), "stands at day 2"),
        (("--scale", "3"), "--scale 1"),
        (("--seed", "3"), "--seed 18"),
        (("--day", "-1"), "from 0 to"),
        (("--scale", "0"), "from 1 to"),
    ],
)
def test_what_does_not_fit_is_refused(
    arguments: tuple[str, ...], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with sigeti_database("sigeti_refused", day=2) as url:
        before = tables(url)
        assert ask(url, *arguments) == 2
        assert said in one_line(capsys)
        assert tables(url) == before


def test_a_database_of_somebody_else_is_left_alone(
    url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    query(url, "create table public.factures as select 1 as id")
    assert ask(url) == 2
    assert "public.factures holds rows that this demo did not make" in one_line(capsys)
    found = query(url, "select schemaname::text, tablename::text from pg_tables "
                       "where schemaname !~ '^(pg_|information_schema)'")  # fmt: skip
    assert found == [("public", "factures")]


@pytest.mark.parametrize(
    ("url", "code", "said"),
    [
        ("postgresql://u:secret@127.0.0.1:1/x", 1, "127.0.0.1:1/x"),
        ("postgresql://u:sec%zzret@127.0.0.1:1/x", 2, "not an address"),
        ("postgresql://u:sec/ret@127.0.0.1:1/x", 2, "not an address"),
        ("mysql://u:secret@127.0.0.1:1/x", 2, "postgresql://"),
    ],
)
def test_a_server_that_is_not_there(
    url: str, code: int, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert ask(url) == code
    line = one_line(capsys)
    assert said in line and "sec" not in line


def test_a_database_that_cannot_hold_the_text(capsys: pytest.CaptureFixture[str]) -> None:
    with source_database("sigeti_latin1", encoding="LATIN1") as url:
        assert ask(url) == 1
        assert "cannot write" in one_line(capsys)
        assert query(url, "select to_regclass('public.lots')::text") == [(None,)]


def test_a_wrong_password(capsys: pytest.CaptureFixture[str]) -> None:
    with source_database("sigeti_wrong") as url:
        assert ask(url.replace("@", "x@")) == 1
        assert "password" in one_line(capsys)


# Faults


def test_faults_are_put_in_once_and_stay(url: str) -> None:
    opened = sigeti.connect(url)
    sigeti.create(opened)
    clean = tables(url)
    assert sigeti.spoil(opened) == len(FAULTS)
    assert sigeti.spoil(opened) == 0
    sigeti.advance(opened, 2)
    opened.close()
    for text, found in (
        ("select count(*) from public.factures where updated_at is null", 1),
        ("select count(*) from public.entreprises where date_modification is null", 1),
        (f"select count(*) from public.demandes_attribution where updated_at >= '{FUTURE}'", 1),
        ("select count(*) - count(distinct id) from public.paiement_factures", 1),
        ("select count(*) from public.detail_factures where id is null", 1),
        ("select count(*) from public.entreprises where raison_sociale like '%\ufffd%'", 1),
        ("select count(*) from public.lots where description like '%\ufffd%'", 1),
    ):
        assert query(url, text) == [(found,)], text
    assert clean == expected(1, sigeti.DEMO_SEED, 0), "the plain demo has none of it"


def test_the_plain_demo_has_no_fault() -> None:
    with sigeti_database("sigeti_plain", day=9) as url:
        found = tables(url)
        for table, rows in found.items():
            assert None not in rows
            assert query(url, f"select count(*) from public.{table}") == [(len(rows),)]
            for row in rows.values():
                for column in ("updated_at", "date_modification"):
                    if column in row:
                        assert sigeti.BASE_DATE.replace(year=2000) < row[column] < FUTURE
                assert not any(
                    "\ufffd" in value for value in row.values() if isinstance(value, str)
                )
