"""A reader of one zone sees nothing of another: whatever is tried, before, during and after builds.

The marts here are small ones of a stand-in project, built by the house's own macros and settings.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from ingest import server
from ingest.server.cluster import STEWARD
from ingest.settings import Warehouse
from ingest.warehouse import connect
from tests.conftest import HOME
from tests.support.escapes import ESCAPES, READ, TABLE
from tests.support.house import Done, House
from tests.support.sigeti import sigeti_database
from tests.support.zones import MINE, OTHER, PROTECTED, SECRET, Watch, added, heard, lay_out

pytestmark = pytest.mark.e2e

ROWS = 500  # of each zone
VIEW = "dwh_marts.mart_essai_vue"
AWKWARD = 'L\'Îlot "B"'
OWNERS_VIEW = (
    f"create view dwh_marts.espion as {READ}; "
    "grant select on dwh_marts.espion to entrepot_zone_reader"
)


@dataclass
class Project:
    """The stand-in project in a house of its own, and a reader of one zone."""

    house: House
    folder: Path
    reader: Warehouse

    def build(self, *arguments: str, codes: tuple[int, ...] = (0,)) -> Done:
        return self.house.dbt("build", "--project-dir", str(self.folder), *arguments, codes=codes)

    def do(self, *statements: str, role: str = "postgres") -> None:
        with self.house.cursor() as cursor:
            for statement in (f"set role {role}", *statements):
                cursor.execute(statement)

    def leaks(self) -> dict[str, str]:
        """What was heard of other zones, by escape."""
        said = {name: heard(self.reader, statements) for name, statements in ESCAPES.items()}
        return {name: text for name, text in said.items() if SECRET.search(text)}

    def zones(self, reader: Warehouse, relation: str = TABLE) -> dict[str, int]:
        opened = connect(reader)
        with opened.cursor() as cursor:
            cursor.execute(
                f"select code_zone_industrielle, count(*) from {relation} group by 1 order by 1"
            )
            found = dict(cursor.fetchall())
        opened.close()
        return found


@pytest.fixture(scope="module")
def project() -> Iterator[Project]:
    house = House.build("row_policies", HOME)
    made = Project(house, lay_out(house.folder / "project"), server.reader(house.name))
    made.build()
    made.reader = added(house, "reader_of_one", MINE)
    yield made
    house.demolish()


def test_a_reader_sees_the_zones_that_it_is_a_member_of(project: Project) -> None:
    two = added(project.house, "reader_of_two", OTHER, AWKWARD)
    every = added(project.house, "reader_of_all")
    for relation in (*PROTECTED, VIEW):
        assert project.zones(project.reader, relation) == {MINE: ROWS}
        assert project.zones(two, relation) == {OTHER: ROWS, AWKWARD: ROWS}
        assert set(project.zones(every, relation)) == {MINE, OTHER, AWKWARD, "INCONNU"}
    for name in ("reader_of_two", "reader_of_all"):
        project.house.entrepot("reader", "remove", name)


def test_a_membership_that_ends_ends_in_the_next_query(project: Project) -> None:
    opened = connect(project.reader, autocommit=True)
    with opened.cursor() as cursor:
        cursor.execute(f"prepare mine as select count(*) from {TABLE}")
        for statement, expected in (("revoke {} from", 0), ("grant {} to", ROWS)):
            # PostgreSQL takes a membership back only for the hand that gave it.
            given = statement.format(f'"entrepot_zone:{MINE}"') + " reader_of_one"
            project.do(given, role=STEWARD)
            cursor.execute("execute mine")
            assert cursor.fetchone() == (expected,)
    opened.close()


@pytest.mark.parametrize("escape", ESCAPES)
def test_an_escape_shows_nothing_of_another_zone(project: Project, escape: str) -> None:
    said = heard(project.reader, ESCAPES[escape])
    assert not SECRET.search(said), said
    assert project.zones(project.reader) == {MINE: ROWS}


def test_the_owners_view_or_function_shows_nothing(project: Project) -> None:
    project.do(
        OWNERS_VIEW,
        f"create function dwh_marts.espion() returns setof {TABLE} language sql security definer "
        f"as '{READ}'",
        "grant execute on function dwh_marts.espion() to entrepot_zone_reader",
        role="entrepot_transformer",
    )
    try:
        statements = ["select * from dwh_marts.espion", "select * from dwh_marts.espion()"]
        assert heard(project.reader, statements) == ""
        failed = project.build("--select", "readers_pass_no_row_policy", codes=(1,))
        assert "readers_pass_no_row_policy" in failed.out
        project.do(f"alter table {TABLE} no force row level security")
        assert SECRET.search(heard(project.reader, statements[:1])), "the test itself is blind"
    finally:
        project.do("drop view dwh_marts.espion", "drop function dwh_marts.espion()")
        project.build()


BREAKS = {
    "no policies": f"alter table {TABLE} disable row level security",
    "one more policy": f"create policy more on {TABLE} for select using (true)",
    "a policy for all": f"alter policy zones on {TABLE} using (true)",
    "a policy on a variable": f"alter policy zones on {TABLE} using "
    "(code_zone_industrielle = current_setting('entrepot.zone', true))",
    "a table without": "alter table dwh_marts.mart_essai_suivi disable row level security",
    "an owner's view": f"alter view {VIEW} reset (security_invoker); "
    f"alter view {VIEW} owner to postgres",
}


@pytest.mark.parametrize("broken", BREAKS)
def test_a_broken_policy_leaks_until_the_next_build(project: Project, broken: str) -> None:
    project.do(BREAKS[broken])
    try:
        assert project.leaks(), "the escapes are blind to it"
    finally:
        project.do(f"alter view {VIEW} owner to entrepot_transformer")
        project.build()
    assert not project.leaks()


def test_nothing_shows_while_builds_go_on(project: Project) -> None:
    with Watch(project.reader, PROTECTED) as watch, Watch(project.reader, [VIEW]) as through_view:
        project.build("--full-refresh")
        project.build("--vars", "{lignes: 300}")
        project.build("--full-refresh")
    assert watch.errors == []
    assert watch.zones == through_view.zones == {MINE}
    assert {count for _, count in watch.counts} == {ROWS, 300}
    assert not project.leaks()


# A condition, what of it a row of another zone meets, and what no row meets.
ASKED = {
    "text": ("code_entreprise = '{}'", "jamais 3", "jamais !"),
    "text beyond": ("code_entreprise > '{}'", "jamais", "kkkkkk"),
    "number": ("annee = {}", "100003", "900003"),
    "number beyond": ("annee > {}", "100003", "900003"),
    "either": ("annee = {} or annee = 800000", "100003", "900003"),
    "zone": (f"code_zone_industrielle = '{OTHER}' and annee = {{}}", "100003", "900003"),
    "boolean": ("{}", "est_ailleurs", "est_nulle_part"),
}
MANNERS = (
    "reset all",
    "set enable_seqscan = off",
    "set enable_seqscan = off; set enable_indexscan = off",
    "set enable_seqscan = off; set enable_bitmapscan = off",
    "set cpu_operator_cost = 0",
    "set max_parallel_workers_per_gather = 0; set random_page_cost = 1000",
)


def _plans(reader: Warehouse, manner: str, condition: str, value: str) -> str:
    explained = f"explain (analyze, timing off, summary off) {READ} where "
    explained += condition.format(value)
    # The first time fills the session's caches, and its buffers tell of that.
    return heard(reader, [manner, explained, explained]).replace(value, "?")


def _told_apart(reader: Warehouse) -> list[str]:
    """The questions that `explain` answers about rows of other zones."""
    return [
        f"{name}: {manner}"
        for name, (condition, hit, miss) in ASKED.items()
        for manner in MANNERS
        if _plans(reader, manner, condition, hit) != _plans(reader, manner, condition, miss)
    ]


def test_explain_tells_nothing_of_other_zones(project: Project) -> None:
    project.do(f"analyze {TABLE}")
    assert _told_apart(project.reader) == []


HINTS = {
    "statistics": f"alter table {TABLE} alter column annee set statistics 100; analyze {TABLE}",
    "another index": f"create index on {TABLE} (code_entreprise)",
    "a policy after the question": f"alter policy zones on {TABLE} using (code_zone_industrielle = "
    f"any(array(select '{MINE}' from pg_roles where rolname = 'entrepot_zone:' || '{MINE}')))",
    "a policy that no index serves": f"alter policy zones on {TABLE} using "
    f"(code_zone_industrielle = any(array(select '{MINE}' collate \"C\" from pg_roles)))",
}


@pytest.mark.parametrize("hint", HINTS)
def test_explain_tells_when_something_is_wrong(project: Project, hint: str) -> None:
    project.do(HINTS[hint])
    try:
        assert _told_apart(project.reader), "the questions are blind to it"
    finally:
        project.build()


def _edit(project: Project, name: str, edit: Callable[[str], str]) -> Callable[[], None]:
    path = project.folder / "models" / "marts" / name
    before = path.read_text(encoding="utf-8")
    path.write_text(edit(before), encoding="utf-8")
    assert path.read_text(encoding="utf-8") != before

    def restore() -> None:
        path.write_text(before, encoding="utf-8")

    return restore


def test_a_mart_that_would_tell_more_is_refused(project: Project) -> None:
    table = "mart_essai_table"
    meta = "      meta: {row_policy: {column: code_zone_industrielle}}\n"
    for edit, said in (
        (lambda text: text.replace(meta, ""), "has no row policy"),
        (
            lambda text: text.replace(
                "[code_zone_industrielle, annee]", "[annee, code_zone_industrielle]"
            ),
            "must begin with code_zone_industrielle",
        ),
    ):
        restore = _edit(project, "_marts.yml", edit)
        failed = project.build("--select", table, codes=(1,))
        restore()
        assert said in failed.out + failed.err, failed.said
        assert project.zones(project.reader) == {MINE: ROWS}, "the mart is as it was"


def test_a_policy_that_comes_later_wants_the_statistics_gone(project: Project) -> None:
    meta = "      meta: {row_policy: {column: code_zone_industrielle}}\n"
    restore = _edit(
        project,
        "_marts.yml",
        lambda text: text.replace(meta, "").replace(
            "      grants: {+select: [entrepot_zone_reader]}\n", ""
        ),
    )
    suivi = ("--select", "mart_essai_suivi")
    project.build(*suivi, "--full-refresh")
    project.do(f"analyze {PROTECTED[1]}")
    assert "permission denied" in heard(project.reader, [f"select 1 from {PROTECTED[1]}"])
    restore()
    failed = project.build(*suivi, codes=(1,))
    assert "--full-refresh" in failed.out + failed.err
    project.build(*suivi, "--full-refresh")
    assert project.zones(project.reader, PROTECTED[1]) == {MINE: ROWS}


def test_a_build_with_nothing_new_leaves_the_policies_alone(project: Project) -> None:
    policies = (
        "select oid, xmin from pg_policy where polrelid = "
        f"cast('{PROTECTED[1]}' as regclass) order by oid"
    )
    before = project.house.rows(policies)
    # A report that goes on reading does not hold this build up.
    opened = connect(project.reader)
    with opened.cursor() as cursor:
        cursor.execute(f"select count(*) from {PROTECTED[1]}")
        project.build("--select", "mart_essai_suivi")
    opened.close()
    assert len(before) == 3
    assert project.house.rows(policies) == before


def test_the_marts_of_sigeti_show_each_reader_its_zones(
    make_house: Callable[[str], House],
) -> None:
    house = make_house("sigeti_policies")
    marts = ("dwh_marts.mart_performance_financiere", "dwh_marts.mart_occupation_zones")
    with sigeti_database("sigeti_policies_source") as url:
        house.variables.update(SIGETI_URL=url, ENTREPOT_PII_KEY="a key of this test")
        house.ingest("--select", "sigeti")
    house.run_models("source:sigeti+")
    zones = house.rows(
        f"select code_zone_industrielle from {marts[0]} group by 1 order by count(*)"
    )
    own, other = zones[-1][0], zones[-2][0]
    one, every = added(house, "sigeti_of_one", own), added(house, "sigeti_of_all")
    try:
        for relation in marts:
            ask = f"select * from {relation} {{}} order by 1, 2, 3, 4".format
            mine = heard(one, [ask("")])
            assert mine == heard(every, [ask(f"where code_zone_industrielle = '{own}'")]) != ""
            assert heard(one, [ask(f"where code_zone_industrielle = '{other}'")]) == ""
        assert house.rows(
            "select cast(oid as regclass)::text from pg_class where relkind in ('r', 'v', 'm')"
            " and relnamespace::regnamespace::text not in ('pg_catalog', 'information_schema')"
            " and has_any_column_privilege('entrepot_zone_reader', oid, 'select') order by 1 desc"
        ) == [(relation,) for relation in marts]
        house.dbt("test", "--select", "readers_pass_no_row_policy")
        with Watch(one, marts) as watch:
            house.dbt("build", "--full-refresh", "--select", "path:models/marts/sigeti")
        assert watch.errors == []
        assert watch.zones == {own}
        for relation in (
            "dwh_marts.mart_portefeuille_clients",
            "dwh_marts.mart_kpi_operationnels",
            "dwh_facts.fait_factures",
            "dwh_dimensions.dim_zones_industrielles",
            "ods.snap_sigeti__lots",
            "dwh_staging.stg_sigeti__lots",
            "raw_sigeti.lots",
        ):
            assert "permission denied" in heard(one, [f"select * from {relation} limit 1"])
    finally:
        for name in ("sigeti_of_one", "sigeti_of_all"):
            house.entrepot("reader", "remove", name)
