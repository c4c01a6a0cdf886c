"""No declared personal value is anywhere in clear: in no table, reject, log or working file."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future
from contextlib import ExitStack
from pathlib import Path

import psycopg2
import pytest

from demo import erp
from ingest import server
from ingest.catalog import DatabaseOrigin, Table, load_catalog
from ingest.loader import Loader
from ingest.parts import Destination, Part
from tests.conftest import HOME
from tests.support.commandes import commandes_database
from tests.support.depot import Depot, Source, table
from tests.support.erp import erp_database
from tests.support.house import House
from tests.support.personal import (
    IN_CLEAR,
    data_files_that_tell,
    files_that_tell,
    mark,
    tables_that_tell,
)
from tests.support.sigeti import sigeti_database

pytestmark = pytest.mark.e2e


def declared(source: str, connection: str) -> list[Table]:
    """The tables of a source that say which of their columns are personal."""
    return [
        one
        for one in load_catalog().tables
        if one.source == source and one.pii and one.connections[0] == connection
    ]


@pytest.fixture(scope="module")
def house() -> Iterator[House]:
    """The sources with personal values, marked, broken in places, landed."""
    with ExitStack() as stack:
        erp_url = stack.enter_context(erp_database("personal_erp", scale=0.003))
        sigeti_url = stack.enter_context(sigeti_database("personal_sigeti"))
        commandes_url = stack.enter_context(commandes_database("personal_commandes"))
        opened = erp.connect(erp_url)
        erp.spoil(opened)
        opened.close()
        values = mark(erp_url, declared("erp", "ERP_URL"))
        values |= mark(sigeti_url, declared("sigeti", "SIGETI_URL"))
        values |= mark(commandes_url, declared("commandes", "COMMANDES_URL"))
        assert len(values) > 100
        break_things(sigeti_url)
        made = House.build("personal_values", HOME)
        made.variables |= {
            "ERP_URL": erp_url,
            "SIGETI_URL": sigeti_url,
            "COMMANDES_URL": commandes_url,
            "ENTREPOT_PII_KEY": "a key for the tests",
        }
        done = made.ingest("--select", "erp", "sigeti", "commandes", codes=(1,))
        assert not IN_CLEAR.search(done.said.encode()), done.said
        # Every reject is of a row with personal values, and a table failed for a value in it.
        assert made.value("select count(*) from etl.rejects where table_name = 'agents'") == 2
        assert "does not fit the `data_type`" in done.err
        yield made
        made.demolish()


def break_things(url: str) -> None:
    """Rows without a key and with a doubled one, and a value that no number is."""
    opened = psycopg2.connect(url)
    opened.autocommit = True
    with opened.cursor() as cursor:
        cursor.execute("alter table agents drop constraint agents_pkey, alter id drop not null")
        cursor.execute(
            "insert into agents select (jsonb_populate_record(one,"
            " jsonb_build_object('id', null))).* from agents as one limit 1"
        )
        cursor.execute("insert into agents select * from agents where id is not null limit 1")
        cursor.execute("alter table collectes alter montant_recouvre type text")
        cursor.execute("update collectes set montant_recouvre = 'u ' || cree_par")
    opened.close()


def folders(house: House) -> Sequence[Path]:
    """Where a run leaves files: logs, target, working folders, the server's own log, dlt's home."""
    return house.folder, HOME / "state", HOME / "logs", Path.home() / ".dlt"


def data(house: House) -> Path:
    state = server.read_state()
    assert state is not None
    return Path(state.data)


def test_no_table_and_no_file_has_a_personal_value_in_clear(house: House) -> None:
    assert house.value("select count(*) from raw_erp.client") > 0
    assert house.value("select count(*) from raw_sigeti.entreprises") > 0
    assert house.value("select count(*) from raw_commandes.a_kopf") > 0
    assert tables_that_tell(house) == []
    assert files_that_tell(*folders(house), but=[data(house)]) == []
    assert data_files_that_tell(house, data(house)) == []


class Keeping(Loader):
    """Keeps what is handed to dlt, as it lies in the working folder of a run."""

    kept: Path

    def load(self, parts: Mapping[Destination, Sequence[Part]]) -> Future[None]:
        shutil.copytree(self._work, self.kept, dirs_exist_ok=True)
        return super().load(parts)


def test_the_working_folder_of_a_run_has_none_either(tmp_path: Path) -> None:
    Keeping.kept = tmp_path / "kept"
    depot = Depot(House.build("personal_work", HOME), Source.make("personal_work_source"))
    try:
        depot.source.execute(
            "create table agents (id int primary key, nom text, matricule text, ville text)",
            "insert into agents select i, 'n' || i, 'm' || i, 'Lyon' from generate_series(1, 9) i",
        )
        agents = table("agents", pii={"nom": "drop", "matricule": "pseudonymise"})
        assert isinstance(agents.origin, DatabaseOrigin)
        assert len(mark(depot.source.url, [agents])) == 18
        assert depot.land(agents, loader=Keeping)["agents"].counts.inserted == 9
        assert list(Keeping.kept.rglob("*.parquet"))
        assert files_that_tell(Keeping.kept) == []
    finally:
        depot.demolish()
