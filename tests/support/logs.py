"""The logs of a workshop landed in this process, and what their chains come to in plain Python."""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass, field, replace
from pathlib import Path

from ingest.catalog import load_catalog
from ingest.files.places import open_place
from ingest.files.scratch import throwaway
from ingest.landing import Landing
from ingest.loader import Loader
from ingest.lock import dataset_lock
from ingest.options import Request
from ingest.plan import make_plan
from ingest.remembered import containers
from ingest.runlog import RunLog, new_run_id
from ingest.setting_out import make_road
from tests.support.house import House
from tests.support.inbox import unpacked
from tests.support.lines import split

FIRST = 1_748_400_000  # 2025-05-28


@dataclass(frozen=True, slots=True)
class Link:
    """A content as the ledger has it; the three last fields only of one that continues another."""

    logical_name: str
    sha256: str
    status: str
    root: str | None
    continues: str | None
    first_row: int | None


@dataclass
class Workshop:
    """A folder of logs, and the house that they land in.

    `bodies`: by SHA-256, all contents ever put. `url`: how the folder is reached, if not as one.
    """

    house: House
    bodies: dict[str, bytes] = field(default_factory=dict)
    clock: int = FIRST
    url: str | None = None

    @property
    def inbox(self) -> Path:
        return self.house.inbox

    def put(self, path: str, body: bytes) -> None:
        """Write a file anew, a minute later than the last one."""
        file = self.inbox / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(body)
        self.clock += 60
        os.utime(file, (self.clock, self.clock))
        for _, content in unpacked(path, body):
            self.bodies[hashlib.sha256(content).hexdigest()] = content

    def land(self, **wishes: object) -> int:
        """One run over the folder; returns how many rows it brought."""
        request = replace(Request(select=("atelier",)), **wishes)  # type: ignore[arg-type]
        plan = make_plan(
            load_catalog(), request.select, {"ATELIER_URL": self.url or str(self.inbox)}
        )
        run_id, home = new_run_id(), self.house.warehouse
        log = RunLog(run_id, self.house.folder / "logs")
        rows = 0
        with (
            throwaway(self.house.folder / "runs") as scratch,
            dataset_lock(home, plan.schemas, run_id=run_id, on_loss=_never) as lock,
        ):
            loader = Loader(home, scratch, run_id)

            def count(reading: object, statuses: object) -> None:
                nonlocal rows
                rows += sum(item.rows_landed or 0 for item in reading.loaded)  # type: ignore[attr-defined]

            landing = Landing(lock=lock, log=log, loader=loader, scratch=scratch, on_recorded=count)
            try:
                landing.recover(plan.schemas)
                landing.prepare(plan.prepared)
                [stop] = plan.stops
                with open_place(stop.url) as place:
                    road = make_road(stop, request, landing, scratch)
                    held = landing.ask(lambda cursor: containers(cursor, stop.connection))
                    for entry in road.to_read(list(place.list()), held):
                        road.read(place, entry, held.get(entry.path))
                landing.finalise()
            finally:
                loader.close()
                log.close()
        return rows

    def contents(self) -> dict[str, Link]:
        """By `_file_id`, each content whose rows are in the raw table."""
        found: dict[str, Link] = {}
        for file_id, *values in self.house.rows(
            "select _file_id, logical_name, sha256, status, root_file_id, continues_file_id,"
            " first_row from etl.file_ledger where source = 'atelier'"
            " and status in ('landed', 'superseded', 'duplicate') order by status <> 'duplicate'"
        ):
            link = Link(*values)
            other = found.setdefault(file_id, link)
            assert replace(other, status="") == replace(link, status=""), file_id
            found[file_id] = link
        return found

    def raw(self) -> dict[str, dict[int, str]]:
        """By `_file_id`, the lines that it brought."""
        found: dict[str, dict[int, str]] = {}
        for file_id, number, text in self.house.rows(
            "select _file_id, _row_number, texte from raw_atelier.lignes_log"
        ):
            own = found.setdefault(file_id, {})
            assert number not in own, f"line {number} of {file_id} came twice"
            own[number] = text
        return found

    def check(self) -> None:
        """Every content that landed can be had back, line for line, and no chain branches."""
        contents, raw = self.contents(), self.raw()
        assert set(raw) <= set(contents)
        for file_id, link in contents.items():
            lines: dict[int, str] = {}
            below: int | None = None
            own: str | None = file_id
            while own:
                brought = raw.get(own, {})
                lines |= {n: text for n, text in brought.items() if below is None or n < below}
                below, own = contents[own].first_row, contents[own].continues
            assert sorted(lines.items()) == split(self.bodies[link.sha256]), file_id
        continued = [link.continues for link in contents.values() if link.continues]
        assert len(continued) == len(set(continued)), "a chain branches"
        for link in contents.values():
            if link.continues:
                before = contents[link.continues]
                assert link.root == (before.root or link.continues)
                assert link.logical_name == before.logical_name
        self._check_what_holds(contents, set(continued))

    def _check_what_holds(self, contents: dict[str, Link], continued: set[str]) -> None:
        """The lines of each chain as a query takes them: rows that no continuation has taken up."""
        chains: dict[str, list[tuple[int, str]]] = {}
        for root, number, text in self.house.rows(
            """
            select coalesce(own.root_file_id, own._file_id), lines._row_number, lines.texte
            from raw_atelier.lignes_log as lines
            inner join (
                select distinct _file_id, root_file_id from etl.file_ledger
                where source = 'atelier' and status in ('landed', 'superseded', 'duplicate')
            ) as own on lines._file_id = own._file_id
            where not exists (
                select 1 from etl.file_ledger as later
                where
                    later.continues_file_id = lines._file_id
                    and later.first_row <= lines._row_number
            )
            order by 1, 2
            """
        ):
            chains.setdefault(root, []).append((number, text))
        for file_id, link in contents.items():
            if file_id not in continued:
                held = chains.get(link.root or file_id, [])
                assert held == split(self.bodies[link.sha256]), file_id


def _never() -> None:
    raise AssertionError("the lock was lost")
