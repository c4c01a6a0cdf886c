"""Derive the compact table of French communes, EPCI, departments and regions.

Run by a developer, once a year, never by a run of the warehouse:

    python -m ingest.reference.derive_decoupage --work /a/scratch/folder

npm package @etalab/decoupage-administratif, one version per yearly vintage
    -> data/communes.csv.gz, data/epci.csv.gz, data/departements.csv, data/regions.csv

A vintage is a state of the official geographic code on 1 January. The package has none for 2020:
what holds in 2019 and in 2021 alike is taken to hold between them. A row stands for a run of
consecutive vintages in which nothing that it says changed.

The data are under the Licence Ouverte: see data/README.md.
"""

from __future__ import annotations

import argparse
import csv
import gzip
import io
import json
import subprocess
import tarfile
from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

PACKAGE = "@etalab/decoupage-administratif"
VERSIONS = {
    2019: "0.7.0",
    2021: "1.1.1",
    2022: "2.3.1",
    2023: "3.1.1",
    2024: "4.1.0",
    2025: "5.3.0",
    2026: "6.0.0",
}
LATEST = max(VERSIONS)
DATA = Path(__file__).parent / "data"

COMMUNE_COLUMNS = [
    "code",
    "nom",
    "type",
    "departement",
    "region",
    "epci",
    "premier_millesime",
    "dernier_millesime",
    "successeur",
]
EPCI_COLUMNS = [
    "siren",
    "nom",
    "type",
    "departement",
    "nb_communes",
    "premier_millesime",
    "dernier_millesime",
]
DEPARTEMENT_COLUMNS = [
    "code",
    "nom",
    "region",
    "chef_lieu",
    "premier_millesime",
    "dernier_millesime",
]
REGION_COLUMNS = ["code", "nom", "chef_lieu", "premier_millesime", "dernier_millesime"]

Record = dict[str, Any]
Row = tuple[str, ...]


def fetch(work: Path, version: str) -> Path:
    """Return the data folder of one version of the package, fetched by npm if it is not there."""
    folder = work / version
    if not folder.exists():
        subprocess.run(["npm", "pack", f"{PACKAGE}@{version}"], cwd=work, check=True)
        archive = work / f"etalab-decoupage-administratif-{version}.tgz"
        with tarfile.open(archive) as tar:
            tar.extractall(folder, filter="data")
    return folder / "package" / "data"


def read(folder: Path, name: str) -> list[Record]:
    """Read one JSON list of the package; a list that this version does not have is empty."""
    path = folder / f"{name}.json"
    if not path.exists():
        return []
    records: list[Record] = json.loads(path.read_text(encoding="utf-8"))
    return records


def runs(vintages: Mapping[int, Mapping[str, Row]]) -> list[tuple[str, Row, int, int]]:
    """Fold yearly values into (code, values, first vintage, last vintage), by code then vintage."""
    years = sorted(vintages)
    folded = []
    for code in sorted(set().union(*vintages.values())):
        open_run: tuple[Row, int, int] | None = None
        for year in years:
            values = vintages[year].get(code)
            if open_run and values == open_run[0]:
                open_run = (open_run[0], open_run[1], year)
                continue
            if open_run:
                folded.append((code, *open_run))
            open_run = (values, year, year) if values is not None else None
        if open_run:
            folded.append((code, *open_run))
    return folded


def department_of(code: str, heir: str = "") -> str:
    """Return the department that an INSEE commune code begins with ('2A004' -> '2A').

    Department 20 was divided in 1976: a former code of it goes where its heir is.
    """
    if code.startswith("20"):
        return heir[:2]
    return code[:3] if code.startswith(("97", "98")) else code[:2]


def communes_of(communes: Iterable[Record], epci: Iterable[Record]) -> dict[str, Row]:
    """Return code -> (name, type, department, region, EPCI) of one vintage.

    Delegated and associated communes are no communes: they come in by their former codes.
    """
    siren = {member["code"]: group["code"] for group in epci for member in group["membres"]}
    kept = {"commune-actuelle": "commune", "arrondissement-municipal": "arrondissement"}
    return {
        c["code"]: (
            c["nom"],
            kept[c["type"]],
            c.get("departement", department_of(c["code"])),
            c.get("region", ""),
            siren.get(c["code"], ""),
        )
        for c in communes
        if c["type"] in kept
    }


def successors(communes: Iterable[Record]) -> dict[str, str]:
    """Return former code -> code of today, from the former codes that today's communes list.

    A municipal district (Paris, Lyon, Marseille) is succeeded by nobody: it is part of a commune.
    """
    return {
        former: c["code"]
        for c in communes
        if c["type"] == "commune-actuelle"
        for former in c.get("anciensCodes", [])
    }


def former_names(vintages: Iterable[list[Record]], history: Iterable[Record]) -> dict[str, str]:
    """Return code -> last name borne by a commune, or by what remains of it inside a merged one."""
    names = {
        h["code"]: h["nom"]
        for h in sorted(history, key=lambda h: h.get("dateFin", "9999"))
        if h["type"] == "COM"
    }
    for communes in vintages:
        for c in communes:
            if c["type"] in ("commune-deleguee", "commune-associee"):
                names.setdefault(c["code"], c["nom"])
    return names


def commune_rows(work: Path) -> list[Row]:
    """Return the rows of communes.csv: runs of vintages, then codes gone before the first one."""
    folders = {year: fetch(work, version) for year, version in VERSIONS.items()}
    raw = {year: read(folder, "communes") for year, folder in folders.items()}
    by_year = {year: communes_of(raw[year], read(folders[year], "epci")) for year in raw}
    current = by_year[LATEST]
    heirs = {f: c for f, c in successors(raw[LATEST]).items() if f not in current}
    rows: list[Row] = [
        (code, *values, str(first), str(last), heirs.get(code, ""))
        for code, values, first, last in runs(by_year)
    ]
    known = {row[0] for row in rows}
    names = former_names(raw.values(), read(folders[2019], "historique-communes"))
    rows += [
        (code, names[code], "commune", department_of(code, heir), "", "", "", "", heir)
        for code, heir in heirs.items()
        if code not in known
    ]
    return sorted(rows)


def epci_rows(work: Path) -> list[Row]:
    """Return the rows of epci.csv; an EPCI belongs to the department of most of its communes."""
    by_year = {}
    for year, version in VERSIONS.items():
        by_year[year] = {
            e["code"]: (
                e["nom"],
                e["type"],
                main_department([m["code"] for m in e["membres"]]),
                str(len(e["membres"])),
            )
            for e in read(fetch(work, version), "epci")
        }
    return [(c, *values, str(first), str(last)) for c, values, first, last in runs(by_year)]


def main_department(codes: list[str]) -> str:
    """Return the department of most of the communes; of two with as many, the smaller code."""
    counts = Counter(department_of(code) for code in codes)
    return min(counts, key=lambda department: (-counts[department], department))


def division_rows(work: Path, name: str, keys: list[str]) -> list[Row]:
    """Return the runs of a list of departments or regions.

    Before 2022 the package left out the overseas collectivities, which existed all the same:
    what the oldest list that has a code says is taken to hold since the first vintage.
    """
    by_year: dict[int, dict[str, Row]] = {}
    for year in sorted(VERSIONS, reverse=True):
        records = read(fetch(work, VERSIONS[year]), name)
        listed = {r["code"]: tuple(str(r.get(k, "")) for k in keys) for r in records}
        by_year[year] = {**by_year.get(year_after(year), {}), **listed}
    return [(c, *values, str(first), str(last)) for c, values, first, last in runs(by_year)]


def year_after(year: int) -> int:
    """Return the next vintage, or 0 after the latest."""
    return min((y for y in VERSIONS if y > year), default=0)


def write(name: str, header: list[str], rows: Iterable[Row]) -> None:
    """Write one CSV, gzipped when its name says so; the same rows always give the same bytes."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(rows)
    content = text.getvalue().encode()
    if name.endswith(".gz"):
        content = gzip.compress(content, compresslevel=9, mtime=0)
    (DATA / name).write_bytes(content)


def main() -> None:
    """Fetch every vintage and write the four derived files."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--work", type=Path, required=True, help="where to unpack the packages")
    work = parser.parse_args().work
    work.mkdir(parents=True, exist_ok=True)
    write("communes.csv.gz", COMMUNE_COLUMNS, commune_rows(work))
    write("epci.csv.gz", EPCI_COLUMNS, epci_rows(work))
    divisions = division_rows(work, "departements", ["nom", "region", "chefLieu"])
    write("departements.csv", DEPARTEMENT_COLUMNS, divisions)
    write("regions.csv", REGION_COLUMNS, division_rows(work, "regions", ["nom", "chefLieu"]))


if __name__ == "__main__":
    main()
