"""From a bare machine to a command of `entrepot`, with nothing but Python 3.11 or later.

    python orchestration/bootstrap.py demo        (what `make demo` runs)

makes `.venv` from the hashed lock file when it is missing or out of date, and then runs
`.venv/bin/entrepot demo`. Commands that need the developers' tools (test, lint, bench, docs-check)
get the larger lock file. Standard library only: it runs before anything is installed.
"""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import sysconfig
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
ENVIRONMENT = ROOT / ".venv"
OLDEST, TOO_NEW = (3, 11), (3, 14)
FOR_DEVELOPERS = {"test", "test-long", "lint", "bench", "lock", "setup-dev"}


def environment_python() -> Path:
    """The interpreter of `.venv`."""
    return ENVIRONMENT / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def _run(*command: str) -> None:
    """Run a step; stop everything, with its own output and exit code, if it fails."""
    done = subprocess.run(command, cwd=ROOT, check=False)
    if done.returncode:
        sys.exit(f"set-up stopped: {' '.join(command[1:6])} … ended with {done.returncode}")


def _stamp_of(*paths: Path) -> str:
    digest = hashlib.sha256(f"{sys.version_info[:2]} {ROOT}".encode())
    for path in paths:
        digest.update(path.read_bytes())
    return digest.hexdigest()


def ensure_environment(developers: bool) -> None:
    """Make or refresh `.venv`; returns at once when nothing changed since last time."""
    lock = ROOT / ("requirements-dev.txt" if developers else "requirements.txt")
    project = ROOT / "pyproject.toml"
    stamps = {
        name: ENVIRONMENT / f"entrepot-{name}.stamp"
        for name in ("requirements.txt", "requirements-dev.txt")
    }
    wanted = _stamp_of(lock, project)
    current = stamps[lock.name]
    if environment_python().exists() and current.exists() and current.read_text() == wanted:
        return
    # The developers' lock holds all of the smaller one.
    larger = stamps["requirements-dev.txt"]
    if not developers and larger.exists() and environment_python().exists():
        if larger.read_text() == _stamp_of(ROOT / "requirements-dev.txt", project):
            return
        lock, wanted, current = ROOT / larger.stem.removeprefix("entrepot-"), "", larger
        wanted = _stamp_of(lock, project)
    print(f"Setting up .venv from {lock.name} (once; some minutes) …", flush=True)
    if not environment_python().exists():
        venv.create(ENVIRONMENT, with_pip=True)
    for stamp in stamps.values():
        stamp.unlink(missing_ok=True)
    pip = [str(environment_python()), "-m", "pip", "--disable-pip-version-check", "-qq"]
    _run(*pip, "install", "--require-hashes", "--no-deps", "-r", str(lock))
    _run(*pip, "install", "--no-deps", "--no-build-isolation", "-e", str(ROOT))
    _let_dbt_find_its_plugin()
    current.write_text(wanted)


def _let_dbt_find_its_plugin() -> None:
    """Put orchestration/dbt_plugin on the path of `.venv` (see the plugin's own page)."""
    packages = sysconfig.get_path(
        "purelib", "venv", {"base": str(ENVIRONMENT), "platbase": str(ENVIRONMENT)}
    )
    line = f"{ROOT / 'orchestration' / 'dbt_plugin'}\n"
    (Path(packages) / "entrepot_dbt_plugin.pth").write_text(line, encoding="utf-8")


def main() -> int:
    """Set up `.venv`, then hand the arguments to `entrepot`."""
    if not OLDEST <= sys.version_info[:2] < TOO_NEW:
        sys.exit(
            f"Python {sys.version_info[0]}.{sys.version_info[1]} is too "
            f"{'old' if sys.version_info[:2] < OLDEST else 'new'}: Entrepôt runs on 3.11 to 3.13."
        )
    arguments = sys.argv[1:] or ["setup"]
    ensure_environment(arguments[0] in FOR_DEVELOPERS)
    if arguments[0] == "setup-dev":
        arguments[0] = "setup"
    done = subprocess.run(
        [str(environment_python()), "-m", "orchestration.cli", *arguments], cwd=ROOT, check=False
    )
    return done.returncode


if __name__ == "__main__":
    sys.exit(main())
