"""What the ledger remembers of a place: each outer file as last read, and what is open in it."""

from __future__ import annotations

from dataclasses import dataclass

from psycopg2.extensions import cursor as Cursor

from ingest.ledger import Outer


@dataclass(frozen=True, slots=True)
class Known:
    """What the ledger remembers of one file inside an outer file."""

    path: str
    table_name: str | None
    status: str
    reason: str | None
    sha256: str
    size_bytes: int | None


@dataclass(slots=True)
class Container:
    """What the ledger remembers of an outer file, as it was when it was last read.

    `has_content`: rows of it have landed.
    """

    outer: Outer
    files: list[Known]
    has_content: bool = False


def containers(cursor: Cursor, connection: str) -> dict[str, Container]:
    """Every outer file of a place as it was last read, with what needs a second look in it.

    Only the files that may have to be tried again are listed (pending, failed, ignored), so the
    answer stays small as history grows.
    """
    cursor.execute(
        """
        with latest as (
            select distinct on (container_path)
                container_path, container_size, container_mtime, container_ctime,
                container_sha256, last_seen_at,
                status in ('landed', 'superseded', 'duplicate') as has_content
            from etl.file_ledger
            where connection = %s
            order by container_path, last_seen_at desc, has_content desc
        )

        select
            latest.container_path,
            latest.container_size,
            latest.container_mtime,
            latest.container_ctime,
            latest.container_sha256,
            latest.has_content,
            open_file.path,
            open_file.table_name,
            open_file.status,
            open_file.reason,
            open_file.sha256,
            open_file.size_bytes
        from latest
        left join etl.file_ledger as open_file
            on open_file.connection = %s
            and open_file.container_path = latest.container_path
            and open_file.last_seen_at = latest.last_seen_at
            and open_file.status in ('pending', 'failed', 'ignored')
        """,
        (connection, connection),
    )
    found: dict[str, Container] = {}
    for path, size, mtime, ctime, sha256, has_content, *known in cursor:
        container = found.get(path)
        if container is None:
            outer = Outer(connection, path, size, mtime, ctime, sha256)
            container = found[path] = Container(outer, [], has_content)
        if known[0] is not None:
            container.files.append(Known(*known))
    return found
