"""How the checks ask the server."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import psycopg2
from psycopg2.extensions import connection as Connection

# A question that the server does not answer in time, or not to this login.
HIDDEN = (
    psycopg2.errors.InsufficientPrivilege,
    psycopg2.errors.QueryCanceled,
    psycopg2.errors.LockNotAvailable,
)


def why_hidden(error: psycopg2.Error) -> str:
    """Why a question was not answered, in words of ours or the server's without a value."""
    if isinstance(error, psycopg2.errors.InsufficientPrivilege):
        return error.diag.message_primary or "it was refused"
    return "it took too long"


def rows(
    opened: Connection, query: str, values: Mapping[str, Any] | None = None
) -> list[dict[str, Any]]:
    """The rows of a query, each by the names of its columns."""
    with opened.cursor() as cursor:
        cursor.execute(query, values)
        names = [column.name for column in cursor.description or ()]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def value(opened: Connection, query: str, values: Mapping[str, Any] | None = None) -> Any:
    """The first column of the only row of a query."""
    (row,) = rows(opened, query, values)
    return next(iter(row.values()))
