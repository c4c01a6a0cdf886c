"""A relation of another database, as a temporary table of the session that compares."""

from __future__ import annotations

import os
import threading
from collections.abc import Mapping

from psycopg2 import sql
from psycopg2.extensions import connection as Connection
from psycopg2.extensions import cursor as Cursor

COPIED = "entrepot_copied"


def copy_here(
    there: Connection, relation: sql.Composable, columns: Mapping[str, str], here: Cursor
) -> sql.Identifier:
    """Stream columns of a relation over there into a temporary table here, whatever its size.

    columns: name -> type, of those to copy. The table is gone at the end of the transaction.

    Raises:
        psycopg2.Error: either side failed; then nothing of the copy is used.
    """
    copied = sql.Identifier(COPIED)
    names = sql.SQL(", ").join(map(sql.Identifier, columns))
    here.execute(
        sql.SQL("create temporary table {} ({}) on commit drop").format(
            copied,
            sql.SQL(", ").join(
                sql.SQL("{} {}").format(sql.Identifier(name), sql.SQL(kind))
                for name, kind in columns.items()
            ),
        )
    )
    reading, writing = os.pipe()
    failures: list[Exception] = []

    def send() -> None:
        try:
            with os.fdopen(writing, "wb") as stream, there.cursor() as cursor:
                cursor.copy_expert(
                    sql.SQL("copy (select {} from {}) to stdout").format(names, relation), stream
                )
        except Exception as error:  # noqa: BLE001 - told by the thread that waits
            failures.append(error)

    sender = threading.Thread(target=send, name="copy")
    sender.start()
    try:
        with os.fdopen(reading, "rb") as stream:
            here.copy_expert(sql.SQL("copy {} ({}) from stdin").format(copied, names), stream)
    finally:
        sender.join()
    if failures:
        raise failures[0]
    here.execute(sql.SQL("analyze {}").format(copied))
    return copied
