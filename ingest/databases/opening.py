"""Which reader a source's URL asks for: the scheme decides."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from ingest.databases.patience import PATIENCE
from ingest.settings import SettingsError

if TYPE_CHECKING:
    from ingest.databases.model import Database

_POSTGRESQL, _MYSQL, _ODBC = ("postgresql", "postgres"), ("mysql", "mariadb"), ("odbc",)


def is_database(url: str) -> bool:
    """Whether a connection names a database rather than a place of files."""
    return url.partition(":")[0].lower() in _POSTGRESQL + _MYSQL + _ODBC


def check_url(connection: str, url: str) -> None:
    """Refuse a URL that no reader of databases knows.

    Raises:
        SettingsError: naming the variable and the schemes that there are.
    """
    if not is_database(url):
        scheme = url.partition(":")[0] if ":" in url else "no scheme"
        raise SettingsError(
            f"{connection}: {scheme!r} is not a database"
            " (write postgresql://user@host/name, mysql://user@host/name, or"
            " odbc:DSN=name;UID=user)"
        )


def open_database(connection: str, url: str, variables: Mapping[str, str]) -> Database:
    """Connect to the source that `connection` names.

    `<SOURCE>_PASSWORD` may hold its password, if there is none in the URL.

    Raises:
        SettingsError: the scheme is not that of a database.
        SourceUnreachable: it does not answer, or refuses the login.
    """
    check_url(connection, url)
    password = variables.get(connection.removesuffix("_URL") + "_PASSWORD", "").strip() or None
    scheme = url.partition(":")[0].lower()
    if scheme in _MYSQL:
        from ingest.databases.mysql import MysqlDatabase

        return MysqlDatabase(connection, url, password)
    if scheme in _ODBC:
        from ingest.databases.odbc import OdbcDatabase

        return OdbcDatabase(connection, url, password)
    from ingest.databases.postgres import PostgresDatabase

    return PostgresDatabase(connection, url, password)


def patience(connection: str, variables: Mapping[str, str]) -> float:
    """How many seconds a source may be silent: `<SOURCE>_TIMEOUT`, else ten minutes.

    Raises:
        SettingsError: it is not a number of seconds.
    """
    name = connection.removesuffix("_URL") + "_TIMEOUT"
    given = variables.get(name, "").strip()
    try:
        seconds = float(given) if given else PATIENCE
    except ValueError:
        seconds = 0.0
    if not 0 < seconds < float("inf"):
        raise SettingsError(f"{name}: {given!r} is not a number of seconds (write 600)")
    return seconds
