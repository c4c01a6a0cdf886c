"""A report that never stops reading: what it saw of each relation while builds went on."""

from __future__ import annotations

import threading
import time
from collections import defaultdict
from types import TracebackType

import psycopg2

from ingest import server
from ingest.warehouse import connect
from tests.support.house import House

PAUSE_SECONDS = 0.02


class RestlessReader:
    """Counts the rows of the relations again and again, as the reader role, until it is left."""

    def __init__(self, house: House, relations: list[str]) -> None:
        self.relations = relations
        self.counts: dict[str, set[int]] = defaultdict(set)
        self.errors: list[str] = []
        self.polls = 0
        self._login = server.reader(house.name)
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._read, daemon=True)

    def __enter__(self) -> RestlessReader:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._over.set()
        self._thread.join(timeout=60)

    def _read(self) -> None:
        opened = connect(self._login, autocommit=True)
        with opened.cursor() as cursor:
            while not self._over.is_set():
                for relation in self.relations:
                    try:
                        cursor.execute(f"select count(*) from {relation}")
                        self.counts[relation].add(int((cursor.fetchone() or (0,))[0]))
                    except psycopg2.Error as error:
                        self.errors.append(f"{relation}: {str(error).splitlines()[0]}")
                self.polls += 1
                time.sleep(PAUSE_SECONDS)
        opened.close()
