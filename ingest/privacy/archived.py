"""Copies of deliveries whose rows are past their retention leave the archive too.

A copy is a whole outer file: it goes when nothing that landed from it is kept any more. The journal
of the archive says so first, so that neither a rebuild nor the next purge asks for it.
"""

from __future__ import annotations

from collections.abc import Collection

from psycopg2.extensions import cursor as Cursor

from ingest.archive import Archive
from ingest.lock import DatasetLock


def purge_archive(
    lock: DatasetLock,
    archive: Archive,
    source: str,
    going: Collection[str] = (),
    *,
    dry_run: bool = False,
) -> tuple[int, int]:
    """Remove, or count, the copies of one source that hold nothing but what was purged.

    Killed anywhere, the next purge goes on.

    Args:
        lock: of the dataset of the source, so that no run archives meanwhile.
        going: contents (`_file_id`) that count as purged already.

    Returns:
        how many copies, and their bytes.

    Raises:
        ArchiveUnusable: it cannot be written.
    """
    with lock.transaction() as cursor:
        over = _done_with(cursor, source, going)
    done_with = [one for one in over if archive.size(one)]
    size = 0
    for sha256 in done_with:
        size += archive.size(sha256)
        if not dry_run:
            archive.forget(sha256)
    if not dry_run and archive.root.is_dir():
        # All of them: the last purge may have been killed before it could say so.
        with lock.transaction() as cursor:
            cursor.execute(
                "update etl.file_ledger set archived_at = null"
                " where container_sha256 = any(%s) and archived_at is not null",
                (over,),
            )
    return len(done_with), size


def _done_with(cursor: Cursor, source: str, going: Collection[str]) -> list[str]:
    """Hashes of outer files of which something was purged and nothing else is kept.

    A content that failed is kept, since a mended rule may read it; so is one that another source
    has from the same outer file.
    """
    cursor.execute(
        """
        select container_sha256
        from etl.file_ledger
        where container_sha256 is not null
        group by container_sha256
        having
            bool_or(source = %(source)s and (purged_at is not null or _file_id = any(%(going)s)))
            and bool_and(
                purged_at is not null
                or coalesce(_file_id = any(%(going)s), false)
                or status = 'ignored'
            )
        order by container_sha256
        """,
        {"source": source, "going": list(going)},
    )
    return [row[0] for row in cursor]
