"""Communes, EPCI, departments and regions, by yearly vintages of the official geographic code.

data/*.csv -> raw_reference.communes, .epci, .departements, .regions

The files are derived from the vintages 2019 and 2021 to 2026 by `derive_decoupage.py`; a row holds
from its first to its last vintage. Codes are text: 01001 and 2A004 are no numbers.
"""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
from pyarrow import csv

DATA = Path(__file__).parent / "data"

VINTAGES = [
    pa.field("premier_millesime", pa.int16()),
    pa.field("dernier_millesime", pa.int16()),
]
COMMUNES = pa.schema(
    [
        pa.field("code", pa.string(), nullable=False),
        pa.field("nom", pa.string(), nullable=False),
        pa.field("type", pa.string(), nullable=False),
        pa.field("departement", pa.string(), nullable=False),
        pa.field("region", pa.string()),
        pa.field("epci", pa.string()),
        *VINTAGES,
        pa.field("successeur", pa.string()),
    ]
)
EPCI = pa.schema(
    [
        pa.field("siren", pa.string(), nullable=False),
        pa.field("nom", pa.string(), nullable=False),
        pa.field("type", pa.string(), nullable=False),
        pa.field("departement", pa.string(), nullable=False),
        pa.field("nb_communes", pa.int16(), nullable=False),
        *VINTAGES,
    ]
)
DEPARTEMENTS = pa.schema(
    [
        pa.field("code", pa.string(), nullable=False),
        pa.field("nom", pa.string(), nullable=False),
        pa.field("region", pa.string(), nullable=False),
        pa.field("chef_lieu", pa.string()),
        *VINTAGES,
    ]
)
REGIONS = pa.schema(
    [
        pa.field("code", pa.string(), nullable=False),
        pa.field("nom", pa.string(), nullable=False),
        pa.field("chef_lieu", pa.string()),
        *VINTAGES,
    ]
)


def communes() -> pa.Table:
    """Return the communes: one row per code and run of vintages in which nothing changed.

    Municipal districts (Paris, Lyon, Marseille) are in, with the type 'arrondissement'. A former
    commune has a successor, the commune of today that its territory belongs to; if it was gone
    before 2019 it has no vintage.
    """
    return read("communes.csv.gz", COMMUNES)


def epci() -> pa.Table:
    """Return the EPCI with own tax (CC, CA, CU, METRO): one row per SIREN and run of vintages."""
    return read("epci.csv.gz", EPCI)


def departements() -> pa.Table:
    """Return the departments and overseas collectivities."""
    return read("departements.csv", DEPARTEMENTS)


def regions() -> pa.Table:
    """Return the regions; an overseas collectivity is its own."""
    return read("regions.csv", REGIONS)


def read(name: str, schema: pa.Schema) -> pa.Table:
    """Read one derived file; an empty field is null.

    Raises:
        pyarrow.ArrowInvalid: a column is missing, or a value is not of its type.
    """
    options = csv.ConvertOptions(
        column_types=schema,
        include_columns=schema.names,
        null_values=[""],
        strings_can_be_null=True,
    )
    return csv.read_csv(DATA / name, convert_options=options).cast(schema)
