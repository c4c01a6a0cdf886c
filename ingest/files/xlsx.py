"""A workbook as the delimited file that its table would be, made by a confined process."""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

from ingest.files import xlsx_worker
from ingest.files.errors import FileRefused
from ingest.files.header import has_header
from ingest.files.model import MIB, Layout, Limits

SEPARATOR = xlsx_worker.SEPARATOR
_HEADER_BYTES = 1 * MIB
# A workbook is an archive of few, very regular XML files: they compress better than data does.
_RATIO_FACTOR = 2


def as_csv(path: Path, layout: Layout, folder: Path, limits: Limits) -> Path:
    """Write the sheet that has the table's header as UTF-8 text, and give its path.

    The file lies in `folder` (the caller's to remove), its record n is row n of the sheet (an
    empty line for an empty row), and `SEPARATOR` parts its fields. Dates come as `YYYY-MM-DD`,
    whole numbers without decimals, booleans as 1 and 0, errors (`#N/A`) as nothing.

    Raises:
        FileRefused: damaged, protected by a password, too costly, or not one sheet that fits.
    """
    _check_archive(path, limits)
    sheets = [sheet for sheet in _convert(path, folder, limits) if sheet["rows"]]
    if not sheets:
        raise FileRefused("empty file")
    if len(sheets) > 1:
        # A sheet of notes beside the table is no harm; two tables would lose one.
        fitting = [sheet for sheet in sheets if _fits(folder / str(sheet["file"]), layout)]
        if len(fitting) > 1:
            names = ", ".join(repr(sheet["name"]) for sheet in fitting)
            raise FileRefused(f"several sheets have the columns of the table: {names}")
        sheets = fitting or sheets
    return folder / str(sheets[0]["file"])


def _check_archive(path: Path, limits: Limits) -> None:
    """Judge what the workbook states before anything unpacks it."""
    with path.open("rb") as stream:
        start = stream.read(8)
    if not start:
        raise FileRefused("empty file")
    if start == b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1":
        raise FileRefused("workbook protected by a password, or in the old .xls format")
    try:
        with zipfile.ZipFile(path) as archive:
            parts = archive.infolist()
    except (zipfile.BadZipFile, ValueError, NotImplementedError) as error:
        raise FileRefused(f"damaged workbook: {error}") from error
    if len(parts) > limits.members:
        raise FileRefused(f"workbook of more than {limits.members} parts")
    size = sum(part.file_size for part in parts)
    ratio = size / max(sum(part.compress_size for part in parts), 1)
    if size > limits.member_bytes:
        raise FileRefused(f"workbook larger than {limits.member_bytes // MIB} MiB")
    if size > limits.ratio_floor and ratio > limits.ratio * _RATIO_FACTOR:
        raise FileRefused(f"workbook compressed {ratio:.0f} times, over the limit")


def _convert(path: Path, folder: Path, limits: Limits) -> list[dict[str, object]]:
    spec = importlib.util.find_spec("python_calamine")
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError("python_calamine is not installed")
    costs = {
        "memory": limits.xlsx_memory,
        "seconds": limits.xlsx_seconds,
        "bytes": limits.member_bytes,
        "cells": limits.xlsx_cells,
    }
    packages = str(Path(spec.origin).parent.parent)
    # -S: neither the packages' start-up files nor the settings of this process go along.
    command = [sys.executable, "-I", "-S", "-X", "utf8", xlsx_worker.__file__]
    command += [packages, str(path), str(folder), json.dumps(costs)]
    try:
        done = subprocess.run(
            command, capture_output=True, timeout=limits.xlsx_seconds + 10, env=_environment()
        )
    except subprocess.TimeoutExpired as error:
        raise FileRefused(f"workbook not read within {limits.xlsx_seconds} s") from error
    lines = done.stdout.decode("utf-8", "replace").splitlines()
    if done.returncode == 3 and lines:
        raise FileRefused(f"workbook refused: {lines[-1]}")
    if done.returncode:
        raise FileRefused(
            f"workbook damaged, or beyond {limits.xlsx_memory // MIB} MiB of memory or "
            f"{limits.xlsx_seconds} s (its reader ended with {done.returncode})"
        )
    return [json.loads(line) for line in lines]


def _environment() -> dict[str, str]:
    """Only what a process needs to start: no setting, so no secret."""
    needed = ("SYSTEMROOT", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH")
    return {name: os.environ[name] for name in needed if name in os.environ}


def _fits(path: Path, layout: Layout) -> bool:
    with path.open("rb") as stream:
        start = stream.read(_HEADER_BYTES)
    return has_header(start.decode("utf-8", "replace"), layout, SEPARATOR)
