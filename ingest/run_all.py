"""The door of landing: `python ingest/run_all.py` from the project's root.

Exit codes: 0 all well; 1 something failed in this run; 2 the request or the settings are wrong.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path

if __package__ in (None, ""):
    # Called as a script: the project's root stands for the folder of this file.
    sys.path[0] = str(Path(__file__).resolve().parent.parent)

from ingest.console import complain, prepare_streams
from ingest.memory import give_back_early
from ingest.options import Options, parse


def main(arguments: Sequence[str] | None = None) -> int:
    """Do what the arguments ask for and return the exit code."""
    prepare_streams()
    give_back_early()
    options = parse(arguments)
    from ingest.catalog import CatalogError, UnknownSelection
    from ingest.settings import SettingsError

    try:
        if options.check:
            from ingest.check import check

            return check(options)
        return _run(options)
    except CatalogError as error:
        return _give_up(options, 2, error.problems)
    except (UnknownSelection, SettingsError) as error:
        return _give_up(options, 2, [f"run_all: {error}"])
    except KeyboardInterrupt:
        complain("run_all: interrupted; what was not finished is taken out by the next run.")
        return 1


def _give_up(options: Options, code: int, lines: Sequence[str]) -> int:
    """Say why the run could not go on, also to who asked for a report."""
    for line in lines:
        complain(line)
    if options.report:
        failed = {"exit_code": code, "failures": list(lines)}
        Path(options.report).write_text(json.dumps(failed, ensure_ascii=False), encoding="utf-8")
    return code


def _run(options: Options) -> int:
    import psycopg2

    from ingest.catalog import CatalogError, UnknownSelection
    from ingest.lock import Locked, LockLost
    from ingest.preview import preview
    from ingest.progress import make_progress
    from ingest.report import first_lines
    from ingest.run import run
    from ingest.server import ServerError
    from ingest.settings import SettingsError
    from ingest.warehouse import WarehouseError

    progress = make_progress(quiet=options.json)
    try:
        if options.request.extract_only:
            text, failures = preview(options.request, progress, as_json=options.json)
            for line in first_lines(failures):
                complain(line)
            print(text)
            return 1 if failures else 0
        report = run(options.request, progress)
    except (CatalogError, UnknownSelection, SettingsError):
        raise
    except (WarehouseError, ServerError, Locked, LockLost, OSError) as error:
        return _give_up(options, 1, [f"run_all: {error}"])
    except psycopg2.Error as error:
        said = str(error).strip().splitlines()[0]
        return _give_up(options, 1, [f"run_all: the database refused: {said}"])
    except Exception as error:
        if os.environ.get("ENTREPOT_DEBUG"):
            raise
        what = f"run_all: unforeseen {type(error).__name__} (ENTREPOT_DEBUG=1 shows where)"
        return _give_up(options, 1, [what])
    if options.report:
        Path(options.report).write_text(report.as_json(), encoding="utf-8")
    for line in first_lines(report.notes + report.failures):
        complain(line)
    if options.json:
        print(report.as_json())
    else:
        print(report.as_table())
        unchanged = f"{report.unchanged} files unchanged, not opened; " if report.unchanged else ""
        print(f"{unchanged}{report.seconds:.1f} s. Run {report.run_id}.")
    return report.exit_code


if __name__ == "__main__":
    sys.exit(main())
