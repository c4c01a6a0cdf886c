"""`entrepot diff` names exactly the rows and columns that differ, over each of its roads."""

from __future__ import annotations

import json
import os
import random
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from psycopg2.extras import execute_values

from ingest import server
from ingest.parts import Destination
from ingest.settings import STATE_DIR
from ingest.warehouse import connect
from orchestration.comparing import work
from orchestration.comparing.counting import Comparison, Found
from orchestration.comparing.scratch import Compiled
from tests.conftest import HOME
from tests.support.house import House
from tests.support.nuitee import nights
from tests.support.private import ROOT

pytestmark = pytest.mark.e2e

TYPES = {
    "jour": "date",
    "code": "text",
    "rang": "numeric",
    "volume": "bigint",
    "montant": "numeric(12,2)",
    "taux": "double precision",
    "libelle": "text",
    "est_vrai": "boolean",
    "vu_le": "timestamp with time zone",
    "detail": "json",
    "_run_id": "text",
}
KEY = ("jour", "code", "rang")
MANY = "100000"
Row = dict[str, Any]


def made(draw: random.Random) -> Row:
    """A row without its key."""
    return {
        "volume": draw.choice([None, draw.randint(-9, 999)]),
        "montant": draw.choice([None, Decimal(draw.randint(-9999, 9999)) / 100]),
        "taux": draw.choice([None, draw.randint(0, 64) / 64]),
        "libelle": draw.choice([None, "", "a", "é ; \t ' \\N", "A"]),
        "est_vrai": draw.choice([None, True, False]),
        "vu_le": draw.choice([None, "2025-03-30 01:30:00+00", "2025-03-30 01:30:00.5+00"]),
        "detail": draw.choice([None, '{"a": 1}', "[1, 2]"]),
    }


def content(draw: random.Random) -> dict[tuple[str, str | None, Decimal | None], Row]:
    """Rows by key; a null in the key is one more value, beside an empty text and a zero."""
    return {
        (f"2025-01-{day:02d}", code, rang): made(draw)
        for day in range(1, 21)
        for code in (None, "", "A", "Zoé")
        for rang in (None, Decimal(0), Decimal("1.5"))
        if draw.random() < 0.8
    }


def spelled(row: Row) -> Row:
    """The same values, written in another way: they are no change."""
    other = dict(row)
    if row["detail"] == '{"a": 1}':
        other["detail"] = '{ "a":1 }'
    return other


def changed(draw: random.Random, row: Row) -> tuple[Row, set[str]]:
    """A row in which some columns have another value, and which."""
    other = spelled(row)
    columns = set(draw.sample(sorted(row), draw.randint(1, 3)))
    for name in columns:
        while _value(name, other[name]) == _value(name, row[name]):
            other[name] = made(draw)[name]
    return other, columns


def _value(name: str, value: Any) -> Any:
    return json.loads(value) if name == "detail" and value is not None else value


def fill(cursor: Any, table: str, rows: list[tuple[Any, ...]], types: dict[str, str]) -> None:
    cursor.execute(f"drop table if exists {table}")
    listed = ", ".join(f"{name} {kind}" for name, kind in types.items())
    cursor.execute(f"create table {table} ({listed})")
    cursor.execute(f"alter table {table} owner to entrepot_transformer")
    if rows:
        execute_values(cursor, f"insert into {table} values %s", rows, page_size=5_000)


@pytest.fixture(scope="module")
def rehearsal(house: House) -> Iterator[str]:
    """The database of the target `test`."""
    made = House.build(house.rehearsal, HOME)
    yield made.name
    made.demolish()


def in_database(name: str, table: str, rows: list[tuple[Any, ...]], types: dict[str, str]) -> None:
    opened = connect(server.admin(name), autocommit=True)
    with opened.cursor() as cursor:
        fill(cursor, table, rows, types)
    opened.close()


def as_rows(content: dict[Any, Row], run: str) -> list[tuple[Any, ...]]:
    return [(*key, *row.values(), run) for key, row in content.items()]


def shown(key: tuple[str, str | None, Decimal | None]) -> tuple[str, str, str]:
    jour, code, rang = key
    return (
        jour,
        "(null)" if code is None else code or "(blank)",
        "(null)" if rang is None else f"{rang.normalize():f}",
    )


def read(key: list[str]) -> tuple[str, str, str]:
    """A key as it was told; 1.50 is 1.5."""
    jour, code, rang = key
    return jour, code, rang if rang == "(null)" else f"{Decimal(rang).normalize():f}"


def respelled(content: dict[Any, Row]) -> dict[Any, Row]:
    """The same keys, with more zeros at their end."""
    return {
        (jour, code, None if rang is None else rang + Decimal("0.000")): row
        for (jour, code, rang), row in content.items()
    }


@pytest.mark.trials(3, 60)
def test_exactly_the_changes_are_found(house: House, rehearsal: str, seed: int) -> None:
    draw = random.Random(seed)
    before = content(draw)
    after: dict[Any, Row] = {}
    gone, came, columns = set(), set(), {}
    for key, row in before.items():
        dice = draw.random()
        if dice < 0.1:
            gone.add(key)
        elif dice < 0.3:
            after[key], columns[key] = changed(draw, row)
        else:
            after[key] = spelled(row)
    for key, row in content(random.Random(seed + 1)).items():
        if key not in before and draw.random() < 0.3:
            after[key] = row
            came.add(key)
    # The order of the columns is another one, and a number is wider.
    types = {**{name: TYPES[name] for name in reversed(TYPES)}, "volume": "numeric(20,3)"}
    turned = [tuple(reversed(row)) for row in as_rows(respelled(after), "r2")]
    in_database(house.name, "dwh_facts.fait_essai", as_rows(before, "r1"), TYPES)
    in_database(house.name, "dwh_facts.fait_autre", turned, types)
    in_database(rehearsal, "dwh_facts.fait_essai", turned, types)
    asked = ("diff", "fait_essai", "--key", "jour,code,rang", "--json", "--examples", MANY)
    for road in (("--against", "dwh_facts.fait_autre"), ()):
        found = json.loads(house.quick(*asked, *road, codes=(1,)).out)
        examples = found["examples"]
        assert {read(key) for key in examples["only_a"]} == {shown(key) for key in gone}
        assert {read(key) for key in examples["only_b"]} == {shown(key) for key in came}
        assert {(read(one["key"]), one["column"]) for one in examples["changed"]} == {
            (shown(key), column) for key, own in columns.items() for column in own
        }
        assert (found["only_a"], found["only_b"]) == (len(gone), len(came))
        assert found["changed"] == len(columns)
        assert found["equal"] == len(before) - len(gone) - len(columns)
        assert (found["rows_a"], found["rows_b"]) == (len(before), len(after))
        assert found["columns_retyped"] == {"volume": ["bigint", "numeric(20,3)"]}
        assert found["left_out"] == ["_run_id"]
        counts = {one["column"]: one for one in found["columns"]}
        for name in ("volume", "montant", "taux"):
            total = sum(Decimal(row[name] or 0) for row in after.values()) - sum(
                Decimal(row[name] or 0) for row in before.values()
            )
            told = counts.get(name, {"rows": 0, "difference_over_all_rows": 0})
            assert Decimal(told["difference_over_all_rows"]) == total, name
            assert told["rows"] == sum(name in own for own in columns.values())
            difference = sum(
                Decimal(after[key][name] or 0) - Decimal(before[key][name] or 0)
                for key, own in columns.items()
                if name in own
            )
            assert Decimal(told.get("difference") or 0) == difference


def test_the_same_twice_is_no_difference(house: House, rehearsal: str) -> None:
    same = content(random.Random(5))
    in_database(house.name, "dwh_facts.fait_essai", as_rows(same, "r1"), TYPES)
    # By another run: equality leaves it out.
    again = as_rows(respelled(same), "r2")
    in_database(house.name, "dwh_facts.fait_autre", again, TYPES)
    in_database(rehearsal, "dwh_facts.fait_essai", again, TYPES)
    asked = ("diff", "fait_essai", "--key", "jour,code,rang")
    for road in (("--against", "dwh_facts.fait_autre"), ("--with", "test")):
        assert "No difference." in house.entrepot(*asked, *road).out
    # Nothing was left behind, and production (this target) was only read.
    assert house.value("select count(*) from pg_class where relname like 'entrepot%'") == 0


def test_this_target_is_free_while_the_other_one_compares(
    house: House, rehearsal: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    same = [(1, "a")]
    for name in (house.name, rehearsal):
        in_database(name, "dwh_facts.fait_essai", same, {"k": "integer", "v": "text"})
    compare = Comparison.go

    def watched(self: Comparison) -> Found:
        # A build would wait for whoever holds a lock on the table that it renames.
        house.call_sql(
            "set lock_timeout = '1s'", "alter table dwh_facts.fait_essai rename to fait_essai"
            "_renamed"
        )  # fmt: skip
        return compare(self)

    monkeypatch.setattr(Comparison, "go", watched)
    done = house.quick("diff", "fait_essai", "--key", "k", "--with", "test")
    assert "No difference." in done.out
    house.call_sql("drop table dwh_facts.fait_essai_renamed")


@pytest.mark.parametrize(
    ("kinds", "one", "other"),
    [
        (("jsonb", "jsonb"), "1.0", "1.00"),
        (("interval", "interval"), "1 day", "24 hours"),
        (("numeric", "numeric(9,3)"), "1.5", "1.500"),
        (("double precision", "double precision"), "-0", "0"),
        (("text", "character(3)"), "a", "a  "),
    ],
)
def test_one_value_is_one_key_beside_a_null(
    house: House, kinds: tuple[str, str], one: str, other: str
) -> None:
    for name, kind, value in (("essai", kinds[0], one), ("autre", kinds[1], other)):
        rows = [(value, 1), (None, 2)]
        in_database(house.name, f"dwh_facts.fait_{name}", rows, {"k": kind, "v": "integer"})
    asked = ("diff", "fait_essai", "--against", "dwh_facts.fait_autre", "--key", "k,k")
    done = house.quick(*asked, codes=(0, 1))
    assert re.search(r"equal +2\b", done.out), done.out
    assert ("retyped" in done.out) is (kinds[0] != kinds[1])


def test_keys_that_are_one_in_the_type_of_the_other_side_are_set_aside(house: House) -> None:
    far = 2**53
    types = {"k": "bigint primary key", "v": "integer"}
    in_database(house.name, "dwh_facts.fait_essai", [(far, 1), (far + 1, 2)], types)
    types["k"] = "double precision primary key"
    in_database(house.name, "dwh_facts.fait_autre", [(far, 1)], types)
    asked = ("diff", "fait_essai", "--against", "dwh_facts.fait_autre", "--json")
    found = json.loads(house.quick(*asked, codes=(1,)).out)
    assert found["duplicated"]["keys_a"] == 1
    assert (found["equal"], found["changed"], found["duplicated"]["only_a"]) == (0, 0, 1)


def test_a_key_that_stands_twice_is_told_and_set_aside(house: House) -> None:
    types = {"k": "integer", "v": "text"}
    one = [(1, "a"), (2, "b"), (2, "b"), (3, "c"), (3, "d"), (4, "e"), (None, "x"), (None, "y")]
    two = [(1, "A"), (2, "b"), (3, "c"), (3, "z"), (4, "e"), (5, "f"), (5, "f"), (None, "x")]
    in_database(house.name, "dwh_facts.fait_essai", one, types)
    in_database(house.name, "dwh_facts.fait_autre", two, types)
    asked = ("diff", "fait_essai", "--against", "dwh_facts.fait_autre", "--key", "k")
    found = json.loads(house.quick(*asked, "--json", codes=(1,)).out)
    assert found["duplicated"] == {
        "keys_a": 3,  # 2, 3, null
        "keys_b": 2,  # 3, 5
        "rows_a": 6,
        "rows_b": 6,
        "only_a": 3,  # one b, one d, one y
        "only_b": 3,  # z, f, f
        "examples": [["2"], ["3"], ["5"], ["(null)"]],
    }
    assert (found["equal"], found["changed"], found["only_a"], found["only_b"]) == (1, 1, 0, 0)
    said = house.quick(*asked, codes=(1,)).out
    assert "keys that stand more than once in A" in said
    assert "more than once, for example:" in said
    # The same keys doubled in the same way on both sides are told, and are no difference.
    in_database(house.name, "dwh_facts.fait_autre", one, types)
    said = house.quick(*asked).out
    assert re.search(r"keys that stand more than once in A +3", said)
    assert "No difference." in said


def test_columns_that_came_and_went_are_told_first(house: House) -> None:
    in_database(
        house.name,
        "dwh_facts.fait_essai",
        [(1, 1, "x")],
        {"k": "integer primary key", "vieux": "integer", "v": "text"},
    )
    in_database(
        house.name,
        "dwh_facts.fait_autre",
        [(1, "x", "2025-01-01")],
        {"k": "integer", "v": "character varying(9)", "neuf": "date"},
    )
    done = house.quick("diff", "fait_essai", "--against", "dwh_facts.fait_autre", codes=(1,))
    lines = done.out.splitlines()
    assert lines[2:6] == [
        "compared by k",  # by the primary key: nothing was asked for
        "column only in A: vieux (integer)",
        "column only in B: neuf (date)",
        "column retyped: v (text in A, character varying(9) in B)",
    ]
    assert max(map(len, lines[:-1])) <= 80
    assert re.search(r"equal +1\b", done.out)
    page = (STATE_DIR / "reports" / "diff_fait_essai.html").read_text(encoding="utf-8")
    assert "Columns that the sides do not share" in page
    asked = ("diff", "fait_essai", "--against", "dwh_facts.fait_autre")
    assert house.quick(*asked, "--ignore", "vieux,neuf,v").code == 0


def test_personal_values_are_never_shown(house: House) -> None:
    types = {"qui": "text", "usr_mod": "text", "v": "integer", "adresse": "numeric"}
    person, other = "ab" * 32, "cd" * 32
    in_database(house.name, "dwh_facts.fait_essai", [(person, "u1", 1, 0)], types)
    rows = [(person, "u2", 2, 4711), (other, "u3", 3, 0)]
    in_database(house.name, "dwh_facts.fait_autre", rows, types)
    asked = ("diff", "fait_essai", "--against", "dwh_facts.fait_autre", "--key", "qui")
    texts = [house.quick(*asked, codes=(1,)).out]
    texts.append(house.quick(*asked, "--json", codes=(1,)).out)
    texts.append((STATE_DIR / "reports" / "diff_fait_essai.html").read_text(encoding="utf-8"))
    for text in texts:
        assert "(personal)" in text
        assert not re.search(r"\bu[123]\b|abab|cdcd|4,?711", text)
    # The sum of one row is its value.
    unsummed = {"rows": 1, "difference": None, "difference_over_all_rows": None}
    columns = {one.pop("column"): one for one in json.loads(texts[1])["columns"]}
    assert columns["usr_mod"] == columns["adresse"] == unsummed


def test_wide_tables_pass_the_limit_of_columns(house: House) -> None:
    types = {"k": "integer primary key", **{f"c{n}": "integer" for n in range(900)}}
    in_database(house.name, "dwh_facts.fait_essai", [(1, *range(900))], types)
    in_database(house.name, "dwh_facts.fait_autre", [(1, *range(899), 0)], types)
    asked = ("diff", "fait_essai", "--against", "dwh_facts.fait_autre", "--json")
    found = json.loads(house.quick(*asked, codes=(1,)).out)
    assert [(one["column"], one["difference"]) for one in found["columns"]] == [("c899", "-899")]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["no_such"], "no_such: no landed table, and no model that is built"),
        (["fait_nuitees", "--against", "dwh_facts.no"], "dwh_facts.no: no landed table"),
        (["fait_nuitees", "--against", "dwh_facts.fait_nuitees"], "it is the same relation"),
        (["fait_nuitees", "--build", "--with", "test"], "use one of them"),
        (["fait_nuitees", "--with", "dev"], "the same database"),
        (["fait_nuitees", "--with", "nowhere"], "there is no target 'nowhere'"),
        (["erp", "--with", "test"], "erp: it is a source"),
        (["no_such", "--build"], "no_such"),
        (["sans_cle", "--against", "dwh_facts.fait_nuitees", "--key", "no"], "--key no: both"),
        (["sans_cle", "--against", "dwh_marts.sans_cle"], "sans_cle: it could be"),
        (["dwh_facts.sans_cle", "--against", "dwh_marts.sans_cle"], "no key is known"),
        (["fait_nuitees", "--against", "dwh_facts.fait_diurnes", "--ignore", "no"], "--ignore no"),
        (
            ["fait_nuitees", "--against", "dwh_facts.fait_diurnes", "--ignore", "code_zone"],
            "part of the key",
        ),
    ],
)
def test_a_wrong_request_says_what_to_do(
    house: House, rehearsal: str, words: list[str], said: str
) -> None:
    for schema in ("dwh_facts", "dwh_marts"):
        in_database(house.name, f"{schema}.sans_cle", [], {"a": "integer"})
    if words[0] == "sans_cle" and "--key" in words:
        words = ["dwh_facts.sans_cle", *words[1:]]
    done = house.quick("diff", *words, codes=(2,))
    lines = [line for line in done.err.splitlines() if not line.startswith("diff: ")]
    assert said in lines[-1], done.said
    assert len(lines) == 1
    assert done.out == ""


def test_a_build_of_the_same_sql_is_no_difference_and_what_was_tampered_with_is(
    house: House,
) -> None:
    """An incremental fact, compiled as a full refresh, is what increments made."""
    (house.inbox / "Nuitee_2024B1_CABA0.csv").write_bytes(nights(10, 20, 30))
    house.ingest("--select", "fluxvision")
    house.run_models("+fait_nuitees")
    done = house.entrepot("diff", "fait_nuitees", "--build")
    assert re.search(r"equal +3\b", done.out), done.said
    assert "compared by date_jour, code_zone, code_provenance, code_categorie" in done.out
    watermarks = house.rows("select model, version from etl.watermarks order by 1")
    house.call_sql(
        "update dwh_facts.fait_nuitees set volume = volume + 5 where code_provenance = 'LOCAL'"
    )
    found = json.loads(house.entrepot("diff", "fait_nuitees", "--build", "--json", codes=(1,)).out)
    assert (found["changed"], found["equal"]) == (1, 2)
    counts = {"rows": 1, "difference": "-5", "difference_over_all_rows": "-5"}
    assert found["columns"] == [{"column": "volume", **counts}]
    assert found["examples"]["changed"][0]["b"] == "10"
    # It built nothing and moved nothing.
    assert house.rows("select model, version from etl.watermarks order by 1") == watermarks
    assert house.value("select sum(volume) from dwh_facts.fait_nuitees") == 65


def test_changed_sql_of_the_working_tree_is_what_it_compares(house: House, tmp_path: Path) -> None:
    project = tmp_path / "entrepot"
    for name in ("ingest", "orchestration", "models", "macros", "seeds", "snapshots", "analyses"):
        shutil.copytree(ROOT / name, project / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copytree(ROOT / "tests" / "data", project / "tests" / "data")
    shutil.copy(ROOT / "dbt_project.yml", project)
    model = project / "models" / "facts" / "tourisme" / "fait_diurnes.sql"
    call = "{{ fait_tourisme(['diurne']) }}"
    text = model.read_text(encoding="utf-8")
    assert call in text

    # A model may end in a comment.
    row = (
        "select cast('2024-01-01' as date) as date_jour, 'Z' as code_zone, 'LOCAL' as"
        " code_provenance, 'TOURISTE' as code_categorie, cast(7 as bigint) as volume,"
        " false as est_provisoire, 'f' as _file_id, 'r' as _run_id -- the last word"
    )
    model.write_text(text.replace(call, row), encoding="utf-8")
    path = [str(project), str(project / "orchestration" / "dbt_plugin")]
    done = subprocess.run(
        [sys.executable, "-m", "orchestration.cli", "diff", "fait_diurnes", "--build"],
        cwd=project,
        env=house.environment(PYTHONPATH=os.pathsep.join(path)),
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 1, done.stderr
    assert re.search(r"only in B +1\b", done.stdout)
    assert "2024-01-01, Z, LOCAL, TOURISTE" in done.stdout


def test_changed_sql_that_fails_is_one_line_without_a_value(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    to, query = Destination("dwh_facts", "fait_diurnes"), "select cast('secret' as bigint) as n"
    changed = Compiled("fait_diurnes", to, query, {}, ("n",))
    monkeypatch.setattr(work, "compile_model", lambda chosen, model: changed)
    done = house.quick("diff", "fait_diurnes", "--build", codes=(2,))
    said = "fait_diurnes: the changed SQL fails: invalid input syntax for type bigint"
    assert done.err.splitlines()[-1] == f"entrepot: {said}"
