"""Contents of a growing file that continue one another, as the ledger knows them.

A chain is a first content and what was added to it since, landing by landing: the rows of all its
contents together are the lines of the last one. It never branches: a content is continued once.
"""

from __future__ import annotations

from collections.abc import Sequence

from psycopg2.extensions import cursor as Cursor

from ingest.files.growing import Content


def beginnings(
    cursor: Cursor, source: str, table: str, logical_name: str, file_id: str, *, has_landed: bool
) -> list[Content]:
    """The contents of a logical name that `file_id` may continue: the last ones of its chains.

    `has_landed`: it is in its table already; what it continues is settled, and is the answer. A
    chain of which a person has withdrawn a part goes on no more.
    """
    cursor.execute(
        "select _file_id, coalesce(root_file_id, _file_id), size_bytes, sha256,"
        " continues_file_id, status in ('landed', 'superseded', 'duplicate') as counts"
        " from etl.file_ledger where source = %s and table_name = %s and logical_name = %s"
        " and (status in ('landed', 'superseded', 'duplicate') or landed_at is not null)",
        (source, table, logical_name),
    )
    contents: dict[str, Content] = {}
    continued: dict[str, str] = {}  # by what continues it
    broken: set[str] = set()
    for held_id, root, size, sha256, before, counts in cursor:
        contents[held_id] = Content(held_id, root, size, sha256)
        if before:
            continued[held_id] = before
        if not counts:
            broken.add(root)
    if has_landed:
        return [contents[continued[file_id]]] if file_id in continued else []
    ends = contents.keys() - continued.values()
    return [contents[end] for end in sorted(ends) if contents[end].root_file_id not in broken]


def share(cursor: Cursor, file_ids: Sequence[str]) -> None:
    """Tell each ledger row of these contents what the row under which they landed says of them.

    A content that has grown may come again, under another path of its logical name.
    """
    if not file_ids:
        return
    cursor.execute(
        """
        update etl.file_ledger as held
        set
            root_file_id = landed.root_file_id,
            continues_file_id = landed.continues_file_id,
            first_row = landed.first_row
        from etl.file_ledger as landed
        where
            held._file_id = any(%s)
            and held.first_row is null
            and landed._file_id = held._file_id
            and landed.first_row is not null
        """,
        (list(file_ids),),
    )
