"""`python -m demo SOURCE ...`: make what a source system would deliver."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable, Sequence
from datetime import date
from datetime import time as clock
from pathlib import Path
from typing import NoReturn

from demo import atelier, commandes, erp, fluxvision, sigeti
from demo.database import Refused, Source, Unreachable

_FLUXVISION_EXAMPLE = """\
example:
  python -m demo fluxvision --out demo-data/fluxvision --from 2023B1 --to 2025B2 --seed 15
  python -m demo fluxvision --out large --scale 0.8          (20 million rows)
  python -m demo fluxvision --out bad --to 2023B2 --faults   (what can go wrong)
"""


_SIGETI_EXAMPLE = """\
example:
  python -m demo sigeti --url postgresql://user:password@127.0.0.1:5432/sigeti
  python -m demo sigeti --url postgresql://... --day 3       (days 1 to 3 happen)
  python -m demo sigeti --url postgresql://... --scale 100   (another, empty database)
"""

_ERP_EXAMPLE = """\
example:
  python -m demo erp --url postgresql://user:password@127.0.0.1:5432/erp
  python -m demo erp --url postgresql://... --day 3          (days 1 to 3 happen)
  python -m demo erp --url postgresql://... --scale 1        (another, empty database: real size)
"""

_ATELIER_EXAMPLE = """\
example:
  python -m demo atelier                                     (20 days of work)
  python -m demo atelier --from 2025-05-28 --to 2025-05-28 --until 09:40   (then 09:50, 10:00 ...)
  python -m demo atelier --out bad --faults                  (what can go wrong)
"""

_COMMANDES_EXAMPLE = """\
example:
  python -m demo commandes --url mysql://user:password@127.0.0.1:3306/commandes
  python -m demo commandes --url postgresql://user:password@127.0.0.1:5432/commandes --day 3
  python -m demo commandes --url mysql://... --scale 20      (another, empty database)
"""


class BadRequest(Exception):
    """The arguments make no sense together; the message says why in one line."""


class _Parser(argparse.ArgumentParser):
    """A parser that says what is wrong in one line."""

    def error(self, message: str) -> NoReturn:
        self.exit(2, f"{self.prog}: {message}\n")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one sub-command; return the exit code (0 done, 1 could not write, 2 bad request)."""
    parser = _Parser(prog="python -m demo", description=__doc__)
    sources = parser.add_subparsers(dest="source", required=True, metavar="SOURCE")
    _add_fluxvision(sources)
    _add_sigeti(sources)
    _add_erp(sources)
    _add_atelier(sources)
    _add_commandes(sources)
    request = parser.parse_args(arguments)
    run: Callable[[argparse.Namespace], int] = request.run
    try:
        return run(request)
    except (BadRequest, Refused) as error:
        print(f"{parser.prog}: {error}", file=sys.stderr)
        return 2
    except Unreachable as error:
        print(f"{parser.prog}: {error}", file=sys.stderr)
        return 1
    except OSError as error:
        print(f"{parser.prog}: cannot write: {error}", file=sys.stderr)
        return 1


def _add_fluxvision(sources: argparse._SubParsersAction[_Parser]) -> None:
    command = sources.add_parser(
        "fluxvision",
        help="deliveries of the Flux Vision portal",
        description="Write the drop of the Flux Vision portal as it stands on one day.",
        epilog=_FLUXVISION_EXAMPLE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    command.add_argument("--out", required=True, type=Path, metavar="DIR", help="the drop folder")
    command.add_argument("--from", dest="first", default=fluxvision.DEMO_FROM, metavar="2023B1",
                         help="first two-month period (default %(default)s)")  # fmt: skip
    command.add_argument("--to", dest="last", default=fluxvision.DEMO_TO, metavar="2025B2",
                         help="last two-month period (default %(default)s)")  # fmt: skip
    command.add_argument("--scale", type=float, default=fluxvision.DEMO_SCALE, metavar="S",
                         help="1 is the real size (default %(default)s)")  # fmt: skip
    command.add_argument("--seed", type=int, default=fluxvision.DEMO_SEED, metavar="N",
                         help="another number, other volumes (default %(default)s)")  # fmt: skip
    command.add_argument("--day", type=date.fromisoformat, metavar="YYYY-MM-DD",
                         help="the drop as it stood on that day (default: five weeks after the "
                         "last period)")  # fmt: skip
    command.add_argument("--faults", action="store_true",
                         help="with everything that goes wrong in real deliveries")  # fmt: skip
    command.set_defaults(run=_fluxvision)


def _fluxvision(request: argparse.Namespace) -> int:
    started = time.monotonic()
    if request.out.exists() and not request.out.is_dir():
        raise BadRequest(f"--out is not a folder: {request.out}")
    try:
        wanted = fluxvision.settings(
            request.first, request.last, request.scale, request.seed, request.day, request.faults
        )
    except ValueError as error:
        raise BadRequest(str(error)) from error
    plan = fluxvision.plan(wanted)
    done = fluxvision.write(plan, request.out, _progress(len(plan.deliveries)))
    print(
        f"{done.rows} rows in {done.data_files} data files, {done.deliveries} deliveries "
        f"({done.unchanged} unchanged), {done.size / 1e6:.1f} MB, "
        f"{time.monotonic() - started:.1f} s"
    )
    return 0


def _add_sigeti(sources: argparse._SubParsersAction[_Parser]) -> None:
    _add_database(
        sources,
        sigeti.SOURCE,
        int,
        "the database of the application that attributes industrial lots",
        "Bring the database of SIGETI to what it holds on one day.",
        _SIGETI_EXAMPLE,
    )


def _add_erp(sources: argparse._SubParsersAction[_Parser]) -> None:
    _add_database(
        sources,
        erp.SOURCE,
        float,
        "the tables of the ERP, as wide as they are",
        "Bring the tables of the ERP to what they hold on one day.",
        _ERP_EXAMPLE,
    )


def _add_commandes(sources: argparse._SubParsersAction[_Parser]) -> None:
    _add_database(
        sources,
        commandes.SOURCE,
        int,
        "the order system of a joinery maker, in MySQL or PostgreSQL",
        "Bring the tables of the order system to what they hold on one day.",
        _COMMANDES_EXAMPLE,
    )


def _add_database(
    sources: argparse._SubParsersAction[_Parser],
    source: Source,
    scale: Callable[[str], float],
    said: str,
    description: str,
    example: str,
) -> None:
    command = sources.add_parser(
        source.name,
        help=said,
        description=description,
        epilog=example,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    command.add_argument("--url", required=True, metavar="ADDRESS",
                         help="an empty database, or one that this command made")  # fmt: skip
    command.add_argument("--scale", type=scale, default=source.scale, metavar="S",
                         help="1 is the real size (default %(default)s)")  # fmt: skip
    command.add_argument("--day", type=int, metavar="D",
                         help="0 is the base state (default: where it stands)")  # fmt: skip
    command.add_argument("--seed", type=int, default=source.seed, metavar="N",
                         help="another number, other content (default %(default)s)")  # fmt: skip
    command.add_argument("--faults", action="store_true",
                         help="with what goes wrong in a living source; it stays")  # fmt: skip
    command.set_defaults(run=_database, of=source)


def _database(request: argparse.Namespace) -> int:
    started = time.monotonic()
    source: Source = request.of
    connection = source.connect(request.url)
    try:
        count = source.create(connection, request.scale, request.seed)
        if request.day is not None:
            count += source.advance(connection, request.day)
        if request.faults:
            count += source.spoil(connection)
        now = source.standing(connection)
    finally:
        connection.close()
    print(f"day {now.day if now else 0}: {count} rows written, {time.monotonic() - started:.1f} s")
    return 0


def _add_atelier(sources: argparse._SubParsersAction[_Parser]) -> None:
    command = sources.add_parser(
        "atelier",
        help="the logs of the machining centres of a workshop",
        description="Write one log file a day and machine, as the machines do.",
        epilog=_ATELIER_EXAMPLE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    command.add_argument("--out", type=Path, default=Path("demo-data/atelier"), metavar="DIR",
                         help="the drop folder (default %(default)s)")  # fmt: skip
    command.add_argument("--from", dest="first", default=atelier.DEMO_FROM,
                         type=date.fromisoformat, metavar="YYYY-MM-DD",
                         help="first day (default %(default)s)")  # fmt: skip
    command.add_argument("--to", dest="last", default=atelier.DEMO_TO,
                         type=date.fromisoformat, metavar="YYYY-MM-DD",
                         help="last day (default %(default)s)")  # fmt: skip
    command.add_argument("--until", type=clock.fromisoformat, metavar="HH:MM",
                         help="the last day only as far as that hour: a later one makes its "
                         "files grow")  # fmt: skip
    command.add_argument("--seed", type=int, default=atelier.DEMO_SEED, metavar="N",
                         help="another number, other days (default %(default)s)")  # fmt: skip
    command.add_argument("--faults", action="store_true",
                         help="with what goes wrong at the machines and on the way")  # fmt: skip
    command.set_defaults(run=_atelier)


def _atelier(request: argparse.Namespace) -> int:
    started = time.monotonic()
    if request.out.exists() and not request.out.is_dir():
        raise BadRequest(f"--out is not a folder: {request.out}")
    wanted = atelier.Settings(
        request.first, request.last, request.until, request.faults, request.seed
    )
    try:
        files, unchanged, lines = atelier.write(atelier.deliveries(wanted), request.out)
    except ValueError as error:
        raise BadRequest(str(error)) from error
    print(
        f"{lines} lines in {files} files ({unchanged} unchanged), "
        f"{time.monotonic() - started:.1f} s"
    )
    return 0


def _progress(total: int) -> Callable[[int], None] | None:
    """Count the deliveries on a terminal; stay quiet elsewhere."""
    if not sys.stderr.isatty():
        return None

    def show(count: int) -> None:
        end = "\n" if count == total else "\r"
        print(f"deliveries {count}/{total}", end=end, file=sys.stderr, flush=True)

    return show


if __name__ == "__main__":
    sys.exit(main())
