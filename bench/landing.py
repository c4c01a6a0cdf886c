"""A new CSV file beside a bare `\\copy` of the same file into the same server; peak memory."""

from __future__ import annotations

import random
import shutil
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from bench.tools import cost_of, median, show
from ingest import server
from tests.support.house import House

HEADER = (
    *("Date", "VacancesA", "Ferie", "JourDeLaSemaine", "ZoneObservation"),
    *("Provenance", "CategorieVisiteur", "Volume"),
)
BLOCK = 100_000
FILE = "Nuitee_2024B1_CANTAL0.csv"
SMALL_FILE = "Nuitee_2024B1_CABA0.csv"
TABLE = "raw_fluxvision.nuitee"


def write_file(path: Path, rows: int) -> None:
    """A file of nights: 8 columns, some 60 bytes a row, nothing to reject."""
    chance = random.Random(1)
    week = ("LUNDI", "MARDI", "MERCREDI", "JEUDI", "VENDREDI", "SAMEDI", "DIMANCHE")
    origins = ("LOCAL", "NonLocal", "ETRANGER")
    kinds = ("TOURISTE", "EXCURSIONNISTE", "RESIDENT", "HABITUELLEMENT PRESENT")
    lines = [
        f"2024-{chance.randint(1, 2):02}-{chance.randint(1, 29):02};{chance.randint(0, 1)};0;"
        f"{chance.choice(week)};CANTAL;{chance.choice(origins)};{chance.choice(kinds)};"
        f"{chance.randint(1, 99_999)}\n"
        for _ in range(min(rows, BLOCK))
    ]
    block = "".join(lines)
    with path.open("w", encoding="utf-8", newline="") as stream:
        stream.write(";".join(HEADER) + "\n")
        for _ in range(rows // len(lines)):
            stream.write(block)
        stream.write("".join(lines[: rows % len(lines)]))


def measure(folder: Path, counts: Sequence[int], repeat: int) -> None:
    """Land files of so many rows and print the table."""
    table = []
    for rows in counts:
        file = folder / FILE
        write_file(file, rows)
        copy = median(partial(_bare_copy, folder, file), repeat)
        whole, idle, memory = [], [], []
        for number in range(repeat):
            house = House.build(f"landing_{rows}_{number}", folder)
            house.ingest()  # the reference tables, once: they are another matter
            shutil.copyfile(file, house.inbox / FILE)
            landed = cost_of(house, house.ingest_command())
            found = house.value(f"select count(*) from {TABLE}")
            if found != rows:
                raise RuntimeError(f"{found} rows landed of {rows}")
            whole.append(landed.seconds)
            memory.append(landed.memory)
            # The same command with one row to land: start-up, imports, connections, dlt's set-up.
            write_file(house.inbox / SMALL_FILE, 1)
            idle.append(cost_of(house, house.ingest_command()).seconds)
            house.demolish()
        landing, start = sorted(whole)[repeat // 2], sorted(idle)[repeat // 2]
        net = landing - start
        table.append(
            [rows, copy, landing, start, net, f"{net / copy:.2f}", f"{max(memory) / 2**20:.0f} MB"]
        )
        file.unlink()
    show(
        "landing: one new CSV file of 8 columns",
        ["rows", "\\copy s", "run_all s", "of which start s", "landing s", "ratio", "peak memory"],
        table,
        "ratio = landing / \\copy, to be under 2.5; start = the same command with a file of one "
        f"row; median of {repeat}. Memory is the largest of {repeat}, to be under 500 MB always.",
    )


def _bare_copy(folder: Path, file: Path) -> float:
    """Seconds of `\\copy` into a new table of eight text columns; psql's own start included."""
    server.up()
    house = House("copied", folder / "copied")
    house.folder.mkdir(exist_ok=True)
    login = server.admin()
    psql = [str(server.binaries() / "psql"), "-X", "-q", "-v", "ON_ERROR_STOP=1"]
    psql += [f"postgresql://{login.user}:{login.password}@{login.host}:{login.port}/postgres"]
    columns = ", ".join(f'"{name}" text' for name in HEADER)
    cost_of(house, [*psql, "-c", f"drop table if exists copied; create table copied ({columns})"])
    copy = f"\\copy copied from '{file}' with (format csv, header, delimiter ';')"
    seconds = cost_of(house, [*psql, "-c", copy]).seconds
    cost_of(house, [*psql, "-c", "drop table copied"])
    return seconds
