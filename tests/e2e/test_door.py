"""The doors as a user meets them: `run_all.py` and `entrepot`, their exit codes and their words."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import psycopg2
import pytest

from ingest import server
from ingest.warehouse import connect
from tests.support.checksums import checksums, differences
from tests.support.house import DERIVED, Done, House
from tests.support.inbox import Inbox, Put

pytestmark = pytest.mark.e2e

# A console of another world: no accents, no UTF-8, a client encoding that is not ours.
FOREIGN = {
    "LC_ALL": "C",
    "LANG": "C",
    "PGCLIENTENCODING": "LATIN1",
    "PYTHONIOENCODING": "ascii",
    "PYTHONUTF8": "0",
    "PYTHONCOERCECLOCALE": "0",
}
HEADER = "Date;ZoneObservation;Provenance;CategorieVisiteur;Volume\n"
NOON = 1_710_000_000
OPTIONS = (
    *("--select", "--files", "--year", "--max-size", "--mode", "--target", "--data-path"),
    *("--batch-size", "--extract-only", "--continue-on-error", "--fail-fast", "--retry-failed"),
    *("--rehash", "--accept-shrink", "--check", "--json"),
)


def nights(*rows: str) -> bytes:
    return (HEADER + "".join(f"{row}\n" for row in rows)).encode()


def one_line(done: Done) -> str:
    """What a user reads when a request is refused: one line on the error stream, no traceback."""
    lines = done.err.strip().splitlines()
    assert len(lines) == 1, done.said
    assert "Traceback" not in done.said
    return lines[0]


@pytest.fixture(scope="module")
def inbox(house: House) -> Inbox:
    return Inbox(house.inbox)


def test_help_shows_each_option_with_an_example(house: House) -> None:
    done = house.ingest("--help", **FOREIGN)
    for option in OPTIONS:
        assert f"  {option}" in done.out, f"{option} is not explained"
    assert done.out.count("Example:") >= len(OPTIONS)
    assert "Exit codes" in done.out


@pytest.mark.parametrize(
    ("arguments", "variables", "says"),
    [
        (["--select", "nothing"], {}, "nothing"),
        (["--select", "fluxvision.nothing"], {}, "nothing"),
        (["--select", "fluxvision"], {"FLUXVISION_URL": ""}, "FLUXVISION_URL"),
        (["--target", "nowhere"], {}, "nowhere"),
        (["--max-size", "big"], {}, "big"),
        (["--year", "soon"], {}, "soon"),
        (["--mode", "sideways"], {}, "sideways"),
        (["--batch-size", "-1"], {}, "-1"),
        (["--fail-fast", "--continue-on-error"], {}, "--fail-fast"),
        (["--nonsense"], {}, "--nonsense"),
        ([], {"DBT_PROFILES_DIR": "/nowhere"}, "/nowhere"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else None,
)
def test_a_wrong_request_or_setting_ends_in_2_and_one_line(
    house: House, arguments: list[str], variables: dict[str, str], says: str
) -> None:
    done = house.ingest(*arguments, codes=None, **variables)
    assert done.code == 2, done.said
    assert "Traceback" not in done.said
    assert says in one_line(done)


def test_a_failed_file_counts_once_until_it_is_tried_again(house: House, inbox: Inbox) -> None:
    path = "Nuitee_2024B1_CABA0.csv"
    inbox.put(Put(path, b"Date;Nombre\n2024-01-01;1\n", NOON))
    first = house.ingest(codes=None)
    assert first.code == 1, first.said
    assert path in first.said
    assert house.ingest(codes=None).code == 0, "it has not changed: it was told already"
    assert house.ingest("--retry-failed", codes=None).code == 1
    assert house.ingest("--rehash", codes=None).code == 1
    status = house.value("select status from etl.file_ledger where path = %s", [path])
    assert status == "failed", "the ledger goes on showing it"
    inbox.put(Put(path, nights("2024-01-01;CABA;LOCAL;TOURISTE;7"), NOON))
    assert house.ingest(codes=None).code == 0


def test_rejects_above_the_tolerance_of_a_table_end_in_1(house: House, inbox: Inbox) -> None:
    good = [f"2024-01-{day:02};CABA;LOCAL;TOURISTE;{day}" for day in range(1, 30)]
    path = "B1 2024/Diurne_2024B1_CABA0.csv"
    inbox.put(Put(path, nights(*good, "2024-01-30;CABA;LOCAL"), NOON))
    done = house.ingest(codes=None)
    assert done.code == 1, done.said
    assert house.value("select count(*) from etl.rejects where path = %s", [path]) == 1
    assert house.value("select count(*) from raw_fluxvision.diurne") == len(good)
    assert house.ingest(codes=None).code == 0


def test_it_works_on_a_console_of_another_world(house: House, inbox: Inbox) -> None:
    row = "2024-01-01;Châtaigneraie;Étranger;Résident;7"
    inbox.put(Put("Été 2024/Nuitee_2024B1_CHATAIGNERAIE0.csv", nights(row), NOON))
    done = house.ingest("--select", "fluxvision", **FOREIGN)
    assert done.said.isascii() or "�" not in done.said
    stored = house.rows(
        "select zone_observation, provenance, categorie_visiteur from raw_fluxvision.nuitee "
        "where _file_id = (select _file_id from etl.file_ledger where path like 'Été 2024/%')"
    )
    assert stored == [("Châtaigneraie", "Étranger", "Résident")]
    house.dbt("run", "--select", "path:models/facts", **FOREIGN)
    built = house.rows(
        "select code_provenance, code_categorie, volume from dwh_facts.fait_nuitees "
        "where code_zone = 'CHATAIGNERAIE'"
    )
    assert built == [("ETRANGER", "RESIDENT", 7)]
    for command in (["status"], ["monitor"], ["--help"]):
        assert house.entrepot(*command, **FOREIGN).out


def test_looking_loads_nothing_and_says_what_it_saw(house: House, inbox: Inbox) -> None:
    content = nights("2024-03-01;CABA;LOCAL;TOURISTE;7", "2024-04-30;CABA;LOCAL;TOURISTE;8")
    inbox.put(Put("Nuitee_2024B2_CABA0.csv", content, NOON))
    before = house.rows("select count(*) from etl.file_ledger")
    looked = house.ingest("--extract-only", "--files", "Nuitee_2024B2_*")
    for word in ("nuitee", "utf-8", "2024-03-01", "2024-04-30"):
        assert word in looked.out, looked.said
    assert house.rows("select count(*) from etl.file_ledger") == before
    told = house.ingest("--extract-only", "--json", "--files", "Nuitee_2024B2_*").out
    assert "2024-04-30" in json.dumps(json.loads(told))
    landed = json.loads(house.ingest("--json").out)
    assert landed["total"]["rows_landed"] == 2


def test_the_rehearsal_lands_in_a_database_of_its_own(
    house: House, make_house: Callable[..., House]
) -> None:
    rehearsal = make_house(house.rehearsal)
    before = house.value("select count(*) from etl.run_log")
    house.ingest("--target", "test", codes=(0, 1))
    assert house.value("select count(*) from etl.run_log") == before
    assert rehearsal.value("select count(*) from raw_fluxvision.nuitee") > 0


def test_no_password_shows_anywhere(house: House) -> None:
    secret = "Tr0ub4dor"
    done = house.ingest(
        codes=None, FLUXVISION_URL=f"sftp://user:{secret}@127.0.0.1:1/x", FLUXVISION_HEBDO_URL=""
    )
    assert done.code == 1, done.said
    assert secret not in done.said
    logs = [path for path in (house.folder / "logs").rglob("*") if path.is_file()]
    assert any(path.suffix == ".jsonl" for path in logs)
    for path in logs:
        assert secret not in path.read_text(encoding="utf-8", errors="replace"), path
    assert house.value("select count(*) from etl.run_log where error like %s", [f"%{secret}%"]) == 0


def test_the_server_is_started_by_whoever_needs_it(house: House) -> None:
    server.down()
    house.ingest("--select", "reference", codes=(0, 1))
    assert server.status().running
    server.down()
    assert house.entrepot("monitor").out


def test_the_monitor_tells_rows_runs_and_files(furnished_house: House) -> None:
    out = furnished_house.entrepot("monitor").out
    assert out.isprintable() or "\t" not in out
    for word in ("raw_fluxvision", "nuitee", "dwh_marts", "fait_nuitees", "landed", "last runs"):
        assert word in out, out
    told = json.loads(furnished_house.entrepot("monitor", "--json").out)
    assert {"objects", "files", "runs", "rejects"} <= set(told)


def test_psql_opens_as_owner_or_as_reader(furnished_house: House) -> None:
    for role, user in (("owner", "entrepot"), ("reader", "entrepot_reader")):
        asked = furnished_house.entrepot("psql", "--role", role, "-At", "-c", "select current_user")
        assert asked.out.strip() == user
    refused = furnished_house.entrepot("psql", "--role", "king", codes=None)
    assert refused.code == 2
    assert "king" in one_line(refused)


def _reader_may(house: House, statement: str) -> bool:
    opened = connect(server.reader(house.name), autocommit=True)
    try:
        with opened.cursor() as cursor:
            cursor.execute(statement)
        return True
    except psycopg2.errors.InsufficientPrivilege:
        return False
    finally:
        opened.close()


def _relations(house: House, schemas: str) -> list[str]:
    found = house.rows(
        "select format('%%I.%%I', nspname, relname) from pg_class inner join pg_namespace "
        "on pg_namespace.oid = relnamespace where relkind in ('r', 'v', 'm', 'p') "
        "and nspname ~ %s order by 1",
        [schemas],
    )
    return [name for (name,) in found]


@pytest.mark.parametrize("refresh", [False, True], ids=["built", "rebuilt"])
def test_the_reader_reads_marts_and_nothing_before_them(
    furnished_house: House, refresh: bool
) -> None:
    if refresh:
        before = checksums(furnished_house)
        furnished_house.run_models(DERIVED, "path:models/dimensions", full_refresh=True)
        assert differences(before, checksums(furnished_house)) == {}
    shown = _relations(furnished_house, r"^dwh_(marts|facts|dimensions)$")
    # Helpers of a build are nobody's to read: a view would read with its owner's rights.
    readable = [name for name in shown if ".int_" not in name]
    marts = [name for name in readable if ".mart_" in name]
    assert len(marts) >= 5
    for relation in readable:
        assert _reader_may(furnished_house, f"select * from {relation} limit 1"), relation
    hidden = _relations(furnished_house, r"^(raw_.*|etl|ods|dwh_staging|dwh_reference)$")
    assert len(hidden) > 50
    # Where users query the current rows under names of their own, history lies open below them.
    names_of_today = re.compile(r"ods\.(client|fournis|produit|hisprixa|ligneclient|snap_erp__\w+)")
    for relation in hidden:
        if names_of_today.fullmatch(relation):
            assert _reader_may(furnished_house, f"select 1 from {relation} limit 1"), relation
            continue
        assert not _reader_may(furnished_house, f"select 1 from {relation} limit 1"), relation
    writable = furnished_house.rows(
        "select oid::regclass from pg_class where relkind in ('r', 'v', 'm', 'p') and "
        "relnamespace::regnamespace::text !~ '^pg_|information_schema' and "
        "has_table_privilege('entrepot_reader', oid, 'insert, update, delete, truncate')"
    )
    assert writable == []
    for schema in ("public", "dwh_marts", "etl"):
        assert not _reader_may(furnished_house, f"create table {schema}.mine (one integer)"), schema
    assert not _reader_may(furnished_house, "create temporary table mine (one integer)")


def test_nothing_of_this_touched_the_projects_own_state(house: House) -> None:
    """The tests of this session live in their own folder; a developer's warehouse is safe."""
    state = server.read_state()
    assert state is not None
    assert Path(state.data).is_relative_to(house.folder.parent)
