"""Reads one workbook in a process of its own, and writes each sheet as a delimited file.

Run as a script with nothing of this project importable: a hostile workbook can exhaust memory or
abort the process, and that must cost no more than this process. Prints one JSON line per sheet.

    python -I -S xlsx_worker.py <folder of python_calamine> <workbook> <folder> <limits as JSON>
"""

from __future__ import annotations

import csv
import json
import sys
from datetime import date, datetime, time
from decimal import Decimal
from pathlib import Path
from typing import Any

SEPARATOR = "\x1f"  # XML cannot hold it, so no cell does


def cell_text(value: object) -> str:
    """A cell as a CSV of the same table has it: `2024-07-13`, `12`, `1`, `0.3`."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "1" if value else "0"
    if isinstance(value, float):
        return _number(value)
    if isinstance(value, datetime):
        midnight = value.time() == time(0)
        return value.date().isoformat() if midnight else value.isoformat(sep=" ")
    if isinstance(value, date):
        return value.isoformat()
    return str(value)


def _number(value: float) -> str:
    if value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    text = format(value, ".15g")  # what a spreadsheet shows at most
    return format(Decimal(text), "f") if "e" in text else text


def _limit_resources(limits: dict[str, int]) -> None:
    try:
        import resource
    except ImportError:  # Windows: the parent's time limit remains
        return
    wanted = {"AS": "memory", "CPU": "seconds", "FSIZE": "bytes"}
    for name, limit in wanted.items():
        kind = getattr(resource, f"RLIMIT_{name}")
        hard = resource.getrlimit(kind)[1]
        most = limits[limit] if hard == resource.RLIM_INFINITY else min(limits[limit], hard)
        try:
            resource.setrlimit(kind, (most, hard))
        except (ValueError, OSError) as error:  # macOS does not limit memory
            print(f"RLIMIT_{name} cannot be set: {error}", file=sys.stderr)
    resource.setrlimit(resource.RLIMIT_CORE, (0, resource.getrlimit(resource.RLIMIT_CORE)[1]))


def _write(sheet: Any, target: Path) -> int:
    """Write a sheet from row 1 on, one record a row; an empty row is an empty line."""
    count = 0
    with target.open("w", encoding="utf-8", errors="surrogatepass", newline="") as stream:
        writer = csv.writer(stream, delimiter=SEPARATOR, lineterminator="\n")
        for row in sheet.iter_rows():
            texts = [cell_text(value) for value in row]
            writer.writerow(texts if any(texts) else ())
            count += any(texts)
    return count


def main(arguments: list[str]) -> int:
    """Exit code 0, or 3 with the reason on the last line of standard output."""
    packages, workbook_path, folder, limits_text = arguments
    limits = json.loads(limits_text)
    sys.path.insert(0, packages)
    import python_calamine

    _limit_resources(limits)
    try:
        # By handle: a name whose bytes are not UTF-8 is no path to calamine.
        with Path(workbook_path).open("rb") as stream:
            workbook = python_calamine.CalamineWorkbook.from_filelike(stream)
            for index, name in enumerate(workbook.sheet_names):
                sheet = workbook.get_sheet_by_index(index)
                if sheet.end and (sheet.end[0] + 1) * sheet.width > limits["cells"]:
                    print(f"more than {limits['cells']} cells")
                    return 3
                target = Path(folder) / f"{index}.csv"
                rows = _write(sheet, target)
                print(json.dumps({"name": name, "file": target.name, "rows": rows}))
    except MemoryError:
        print("it needs more memory than allowed")
        return 3
    except (python_calamine.CalamineError, OSError) as error:
        print(f"{type(error).__name__}: {' '.join(str(error).split())[:200]}")
        return 3
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
