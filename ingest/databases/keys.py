"""The key of an image is unique and never null: what the source sends otherwise is rejected."""

from __future__ import annotations

from psycopg2 import errors, sql
from psycopg2.extensions import cursor as Cursor

from ingest.databases.rows import ROW_HASH
from ingest.databases.tables import Image, key_index, nulls_of_key, one_number, values_of
from ingest.raw_tables import qualified, staging


def has_unique_keys(cursor: Cursor, image: Image) -> bool:
    """Whether the staged keys are unique and never null; indexes them if they are unique.

    Making the index takes a third of the time of looking for duplicates, and it is of use later.
    """
    waiting = qualified(staging(image.to))
    cursor.execute("savepoint keys")
    try:
        cursor.execute(
            sql.SQL("create unique index {} on {} ({}) {}").format(
                sql.Identifier(key_index(staging(image.to))),
                waiting,
                _key(image),
                nulls_of_key(image),
            )
        )
    except errors.UniqueViolation:
        cursor.execute("rollback to savepoint keys")
        return False
    cursor.execute(
        sql.SQL("select count(*) from (select 1 from {} where {} limit 1) as found").format(
            waiting, _without_key(image)
        )
    )
    return not one_number(cursor)


def forget_rejects(cursor: Cursor, image: Image) -> None:
    """A full load judges every row anew."""
    cursor.execute(
        "delete from etl.rejects where source = %s and table_name = %s",
        (image.table.source, image.table.name),
    )


def reject_by_key(cursor: Cursor, image: Image, run_id: str) -> int:
    """Move rows without a key, and all but one of those that share a key, to `etl.rejects`.

    Of rows that share a key the newest by the cursor stays, then the one with the greater hash:
    a total order, so that the same rows give the same image whenever they come. Returns how many.
    """
    table = image.table
    newest = (
        sql.SQL("{} desc nulls last, ").format(sql.Identifier(image.cursor))
        if image.cursor
        else sql.SQL("")
    )
    cursor.execute(
        sql.SQL(
            """
            with judged as (
                select
                    come.ctid as place,
                    case when {no_key} then 'null key' else 'duplicate key' end as reason,
                    row_number() over (
                        partition by {key} order by {newest} {hash} desc, come.ctid
                    ) as rank
                from {waiting} as come
            ),

            taken as (
                delete from {waiting} as come using judged
                where come.ctid = judged.place
                    and (judged.reason = 'null key' or judged.rank > 1)
                returning come.*, judged.reason as _reason, judged.rank as _rank
            )

            insert into etl.rejects (
                reject_id, run_id, source, table_name, path, reason, raw_text, raw_hash, rejected_at
            )
            select
                md5(concat_ws('|', %(source)s::text, %(table)s::text, _reason, {hash}, _rank)),
                %(run_id)s, %(source)s, %(table)s, %(relation)s, _reason, {raw_text}, {hash},
                clock_timestamp()
            from taken
            on conflict (reject_id) do update set run_id = excluded.run_id
            """
        ).format(
            no_key=_without_key(image),
            key=_key(image),
            newest=newest,
            hash=sql.Identifier(ROW_HASH),
            waiting=qualified(staging(image.to)),
            raw_text=sql.SQL("null" if table.pii or table.subjects else "to_jsonb(taken)::text"),
        ),
        {
            "run_id": run_id,
            "source": table.source,
            "table": table.name,
            "relation": image.relation,
        },
    )
    return cursor.rowcount


def _key(image: Image) -> sql.Composed:
    """The key in the types of the raw table: what travelled as text may be equal all the same."""
    values = values_of(image, of=None)
    return sql.SQL(", ").join(sql.SQL("({})").format(values[name]) for name in image.key)


def _without_key(image: Image) -> sql.Composed:
    never_null = [name for name in image.key if name not in image.nullable]
    return sql.SQL(" or ").join(
        [sql.SQL("false"), *(sql.SQL("{} is null").format(sql.Identifier(n)) for n in never_null)]
    )
