"""The command line of `run_all.py`. Imports nothing heavy: `--help` answers at once."""

from __future__ import annotations

import argparse
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NoReturn

from ingest.console import complain

_SIZE = re.compile(r"\s*(\d+(?:\.\d+)?)\s*([kmgt]?)i?b?\s*", re.IGNORECASE)
_POWERS = {"": 0, "k": 1, "m": 2, "g": 3, "t": 4}
# What asks for more than --rebuild-raw gives.
_NOT_FROM_ARCHIVES = ("data_path", "rehash", "retry_failed", "extract_only")
_EXAMPLE = "python ingest/run_all.py"


def size_in_bytes(text: str) -> int:
    """Read `500000`, `200k`, `10 MB`, `1.5GiB`; k, M, G and T are powers of 1024.

    Raises:
        ValueError: not such a size.
    """
    match = _SIZE.fullmatch(text)
    if not match:
        raise ValueError(f"{text!r} is not a size (write 10MB)")
    return int(float(match[1]) * 1024 ** _POWERS[match[2].lower()])


@dataclass(frozen=True, slots=True)
class Request:
    """What is to be landed, and how thoroughly. `max_size` in bytes, `batch_size` in rows."""

    select: Sequence[str] = ()
    files: str | None = None
    year: int | None = None
    max_size: int | None = None
    mode: str = "incremental"
    target: str | None = None
    data_path: str | None = None
    batch_size: int | None = None
    extract_only: bool = False
    fail_fast: bool = False
    stop_on_critical: bool = False
    retry_failed: bool = False
    rehash: bool = False
    accept_shrink: bool = False
    rebuild_raw: bool = False


@dataclass(frozen=True, slots=True)
class Options:
    """The request, and how to answer it."""

    request: Request
    check: bool
    json: bool
    report: str | None = None


def parse(arguments: Sequence[str] | None = None) -> Options:
    """Read the command line; a wrong one ends the program with exit code 2."""
    parser = _parser()
    given = vars(parser.parse_args(arguments))
    also = [name for name in _NOT_FROM_ARCHIVES if given[name]]
    if given["mode"] == "full":
        also.append("mode full")
    if given["rebuild_raw"] and also:
        named = also[0].replace("_", "-")
        parser.error(f"--rebuild-raw reads the archives alone: leave --{named} out")
    check, as_json, report = (given.pop(name) for name in ("check", "json", "report"))
    given["select"] = tuple(
        selector for item in given["select"] for selector in re.split(r"[,\s]+", item) if selector
    )
    return Options(Request(**given), check, as_json, report)


def _size(text: str) -> int:
    try:
        return size_in_bytes(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def _count(text: str) -> int:
    if not text.isdigit() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a positive number")
    return int(text)


def _year(text: str) -> int:
    if not re.fullmatch(r"(19|20)\d\d", text):
        raise argparse.ArgumentTypeError(f"{text!r} is not a year (write 2024)")
    return int(text)


class _Parser(argparse.ArgumentParser):
    """Says what is wrong in one line, without the usage before it."""

    def error(self, message: str) -> NoReturn:
        complain(f"run_all: {message} (see `{_EXAMPLE} --help`)")
        self.exit(2)


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog=_EXAMPLE,
        usage="%(prog)s [OPTION ...]",
        description="Land every delivered file and source table that is new into the warehouse.",
        epilog="Exit codes: 0 all well; 1 something failed in this run; 2 the request or the"
        " settings are wrong. What each run did is in etl.run_log and logs/<run_id>.jsonl.",
    )

    def option(name: str, text: str, example: str, **settings: object) -> None:
        words = f"{text} Example: {example}"
        parser.add_argument(name, help=words.replace("%", "%%"), **settings)  # type: ignore[arg-type]

    option(
        "--select",
        "Only these sources or tables; may be repeated, and patterns are allowed.",
        "--select fluxvision --select 'fluxvision.nuitee*'",
        action="extend",
        nargs="+",
        default=[],
        metavar="NAME",
    )
    option(
        "--files",
        "Only delivered files whose path or own name matches; the others stay pending.",
        "--files 'Nuitee_2024B1_*'",
        metavar="GLOB",
    )
    option(
        "--year",
        "Only files of this year: of their period, else of their delivery.",
        "--year 2024",
        type=_year,
    )
    option(
        "--max-size",
        "Leave larger files for later; they stay pending.",
        "--max-size 200MB",
        type=_size,
        metavar="SIZE",
    )
    option(
        "--mode",
        "incremental takes what is new; full reads and lands everything again.",
        "--mode full --select fluxvision.nuitee",
        choices=["incremental", "full"],
        default="incremental",
    )
    option("--target", "Target of profiles.yml.", "--target test")
    option(
        "--data-path",
        "Take the files from this folder or URL instead of the place in .env.",
        "--data-path /mnt/deliveries",
        metavar="PATH",
    )
    option(
        "--batch-size",
        "Rows per load package; each package is made final on its own.",
        "--batch-size 500000",
        type=_count,
        metavar="ROWS",
    )
    option(
        "--extract-only",
        "Read and judge the files, load nothing, and say what landing them would replace.",
        "--extract-only --files '*2024B1*'",
        action="store_true",
    )
    both = parser.add_mutually_exclusive_group()
    both.add_argument(
        "--continue-on-error",
        dest="fail_fast",
        action="store_false",
        help=f"Go on after a failure (the default). Example: {_EXAMPLE} --continue-on-error",
    )
    both.add_argument(
        "--fail-fast",
        dest="fail_fast",
        action="store_true",
        help=f"Stop at the first failure. Example: {_EXAMPLE} --fail-fast",
    )
    both.add_argument(
        "--stop-on-critical",
        action="store_true",
        help="Stop when a table of priority critical failed; what comes after it is not read."
        f" Example: {_EXAMPLE} --stop-on-critical",
    )
    parser.set_defaults(fail_fast=False)
    option(
        "--retry-failed",
        "Try files again that failed before and have not changed.",
        "--retry-failed",
        action="store_true",
    )
    option(
        "--rehash",
        "Read every file again, whatever its size and date say.",
        "--rehash --files '*2024B1*'",
        action="store_true",
    )
    option(
        "--rebuild-raw",
        "Land everything that was delivered again, from the archives alone (docs/backup.md).",
        "--rebuild-raw --select fluxvision",
        action="store_true",
    )
    option(
        "--accept-shrink",
        "Accept a table that came back empty or far smaller than before.",
        "--accept-shrink --select reference",
        action="store_true",
    )
    option(
        "--check",
        "Only validate the declarations and list what would run.",
        "--check",
        action="store_true",
    )
    option("--json", "Answer in JSON, for a program.", "--json", action="store_true")
    option(
        "--report",
        "Write the answer to this file as JSON too.",
        "--report run.json",
        metavar="FILE",
    )
    return parser
