"""Databases of the private server that stand for SIGETI."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import quote

from demo import sigeti
from ingest import server
from ingest.warehouse import connect


@contextmanager
def source_database(name: str, encoding: str = "UTF8") -> Iterator[str]:
    """An empty database, gone at the end; yields its address with a password in it."""
    server.up()
    admin = server.admin()
    opened = connect(admin, autocommit=True)
    gone = f'drop database if exists "{name}" with (force)'
    with opened.cursor() as cursor:
        cursor.execute(gone)
        cursor.execute(
            f"create database \"{name}\" template template0 encoding '{encoding}' locale 'C'"
        )
    try:
        login = f"{admin.user}:{quote(admin.password, safe='')}"
        yield f"postgresql://{login}@{admin.host}:{admin.port}/{name}"
    finally:
        with opened.cursor() as cursor:
            cursor.execute(gone)
        opened.close()


@contextmanager
def sigeti_database(
    name: str, *, scale: int = 1, seed: int = sigeti.DEMO_SEED, day: int = 0
) -> Iterator[str]:
    """SIGETI as it stands on a day."""
    with source_database(name) as url:
        opened = sigeti.connect(url)
        sigeti.create(opened, scale, seed)
        sigeti.advance(opened, day)
        opened.close()
        yield url
