"""Macros of the project as SQL, for commands that ask the warehouse what a build would decide.

A label is compared, and a slice elected, by the very text that dbt puts into the models: neither is
written down a second time. Only macros that are text alone can be had so, those that ask nothing of
the database and refer to no model.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

from jinja2 import Environment, StrictUndefined

from ingest.settings import ROOT

FILES = ("libelles", "lectures", "fichiers", "tranches_touchees")


class _Adapter:
    """What dbt calls `adapter`: of the variants of a macro that of PostgreSQL, else the default."""

    def __init__(self, macros: dict[str, Any]) -> None:
        self._macros = macros

    def dispatch(self, name: str, package: str) -> Callable[..., str]:
        found: Callable[..., str] = (
            self._macros.get(f"postgres__{name}") or self._macros[f"default__{name}"]
        )
        return found


@cache
def _macros() -> dict[str, Any]:
    environment = Environment(extensions=["jinja2.ext.do"], undefined=StrictUndefined)
    found: dict[str, Any] = {}
    environment.globals.update({"adapter": _Adapter(found), "return": lambda value: value})
    pages = [ROOT / "macros" / f"{name}.sql" for name in FILES]
    template = environment.from_string("\n".join(p.read_text(encoding="utf-8") for p in pages))
    found.update(vars(template.module))
    return found


def macro(name: str, *arguments: str) -> str:
    """The SQL of a macro, called with expressions.

    Raises:
        KeyError: none of FILES has such a macro.
    """
    return str(_macros()[name](*arguments)).strip()
