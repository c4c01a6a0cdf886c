"""MySQL and MariaDB as servers of a demo database."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import SplitResult, unquote

import pymysql
from pymysql.constants import CLIENT

from demo.engines import PATIENCE_SECONDS, Connection, Cursor, Unreachable


class Mysql:
    """A login may have one database only, so what is remembered is a table there.

    Making a table ends a transaction there, so tables are made before the first row is written; a
    database that is then refused keeps those that it did not have, empty.
    """

    port = 3306
    errors = pymysql.MySQLError
    before = ()
    find = (
        "select max(table_name) from information_schema.tables "
        "where table_schema = database() and table_name = concat('demo_state_', %s)"
    )

    def open(self, url: str, parts: SplitResult) -> Connection:
        return pymysql.connect(
            host=parts.hostname or "localhost",
            port=parts.port or self.port,
            user=unquote(parts.username or "") or None,
            # The library would write a password as Latin-1.
            password=unquote(parts.password or os.environ.get("MYSQL_PWD", "")).encode(),
            database=unquote(parts.path.strip("/")),
            charset="utf8mb4",
            connect_timeout=PATIENCE_SECONDS,
            init_command="set time_zone = '+00:00', sql_mode = 'ANSI_QUOTES,STRICT_ALL_TABLES'",
            # An update counts the rows that it found, as everywhere else.
            client_flag=CLIENT.FOUND_ROWS,
        )

    @contextmanager
    def alone(self, connection: Connection, name: str) -> Iterator[Cursor]:
        with connection.cursor() as cursor:
            # The lock is the server's, its name that of the database too.
            lock = f"demo {name}"
            cursor.execute("select get_lock(md5(concat(database(), %s)), 3600)", (lock,))
            if cursor.fetchone() != (1,):
                raise Unreachable("another run has been writing to the database for an hour")
            try:
                connection.begin()
                yield cursor
                connection.commit()
            except BaseException:
                connection.rollback()
                raise
            finally:
                cursor.execute("select release_lock(md5(concat(database(), %s)))", (lock,))

    def room(self, name: str) -> str:
        return f'"demo_state_{name}"'
