"""`entrepot lint`: style, types, SQL, project rules, and that the lock files are current."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from ingest.settings import ROOT, child_environment

PYTHON_CODE = ("ingest", "orchestration", "demo", "tests", "bench")


def _tool(name: str) -> str:
    beside = Path(sys.executable).with_name(f"{name}.exe" if sys.platform == "win32" else name)
    return str(beside) if beside.exists() else name


def _check(title: str, *command: str) -> bool:
    print(f"== {title}", flush=True)
    return subprocess.run(command, cwd=ROOT, env=child_environment(), check=False).returncode == 0


def run_lint() -> int:
    """Run every check, also after one has failed.

    Returns:
        0 if all is well, else 1.
    """
    results = [
        _check("ruff (style)", _tool("ruff"), "check", *PYTHON_CODE),
        _check("ruff (format)", _tool("ruff"), "format", "--check", *PYTHON_CODE),
        _check("mypy (types)", _tool("mypy")),
        _check("dbt parse", _tool("dbt"), "--quiet", "parse"),
        _check("sqlfluff (SQL)", _tool("sqlfluff"), "lint", "--processes", "2", *_sql_pages()),
        _check("dbt-bouncer (project rules)", _tool("dbt-bouncer"), "run"),
        check_locks(),
    ]
    return 0 if all(results) else 1


def _sql_pages() -> list[str]:
    """The SQL that a person wrote; a model that only calls its macro has nothing to lint."""
    pages = [
        path
        for folder in ("models", "tests/data", "analyses")
        for path in sorted((ROOT / folder).rglob("*.sql"))
    ]
    return [
        str(path.relative_to(ROOT))
        for path in pages
        if "select" in path.read_text(encoding="utf-8").lower()
    ]


def _compile(output: Path, *extra: str) -> Sequence[str]:
    return [
        *(_tool("uv"), "pip", "compile", "pyproject.toml", "--universal"),
        *("--python-version", "3.11", "--generate-hashes", "--no-strip-extras"),
        *("--no-emit-index-url", "--quiet", "--custom-compile-command", "entrepot lock"),
        *extra,
        *("-o", str(output)),
    ]


def write_locks(folder: Path, *, upgrade: bool = False) -> int:
    """Write both lock files into `folder`; versions that are there already stay.

    The developers' file is resolved first: it holds all of the smaller one.
    """
    for name, extra in (
        ("requirements-dev.txt", ["--group", "dev"]),
        ("requirements.txt", ["-c", str(folder / "requirements-dev.txt"), "--no-annotate"]),
    ):
        if name == "requirements-dev.txt":
            extra = [*extra, "--no-annotate"]
        command = [*_compile(folder / name, *extra), *(["--upgrade"] if upgrade else [])]
        code = subprocess.run(command, cwd=ROOT, check=False).returncode
        if code:
            return code
    return 0


def check_locks() -> bool:
    """Whether the lock files are what pyproject.toml gives, with the versions that they name."""
    print("== lock files", flush=True)
    names = ("requirements.txt", "requirements-dev.txt")
    with tempfile.TemporaryDirectory() as folder:
        for name in names:
            (Path(folder) / name).write_text((ROOT / name).read_text(encoding="utf-8"))
        if write_locks(Path(folder)):
            return False
        stale = [
            name
            for name in names
            if (Path(folder) / name).read_text(encoding="utf-8")
            != (ROOT / name).read_text(encoding="utf-8")
        ]
    if stale:
        print(f"{' and '.join(stale)} no longer match pyproject.toml: run `make lock`.")
    return not stale
