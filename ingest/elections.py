"""Which files hold: the statuses of contents, computed from the whole set of deliveries.

Never from the order in which they were landed:

- of equal contents one row stands for the file, the others are `duplicate`; the file's delivery
  time is the latest of all of them, so content that is sent again takes the re-sending's time;
- of the files of a consolidated logical name the latest delivery is `landed`, the others
  `superseded`; ties: the greater path; on one path what was seen there later; the greater hash;
- every provisional file is `landed`;
- a content that a person withdrew is `withdrawn`, under each path that it has come or comes under,
  until it is delivered with a later date than it had then (`withdrawn_until`): the deliveries up
  to that date do not count, and the files that remain are judged as if it had never come.
"""

from __future__ import annotations

from collections.abc import Iterable

from psycopg2.extensions import cursor as Cursor
from psycopg2.extras import execute_values

_SETTLE = """
    with touched (source, table_name, logical_name) as (
        values %s
    ),

    deliveries as (
        select held.*
        from etl.file_ledger as held
        inner join touched
            on held.source = touched.source
            and held.table_name = touched.table_name
            and held.logical_name = touched.logical_name
        where
            held.status in ('landed', 'superseded', 'duplicate')
            or (held.status = 'withdrawn' and held.withdrawn_until is not null)
    ),

    -- What a person withdrew, and nobody has delivered anew since.
    withdrawn as (
        select
            _file_id,
            max(withdrawn_until) as withdrawn_until,
            max(reason) filter (where withdrawn_until is not null) as reason
        from deliveries
        group by _file_id
        having max(withdrawn_until) >= max(delivered_at)
    ),

    counting as (
        select * from deliveries
        where _file_id not in (select _file_id from withdrawn)
    ),

    -- The row that stands for a content: the one under which its rows were loaded.
    standing as (
        select distinct on (source, table_name, logical_name, _file_id) delivery_id
        from counting
        order by
            source, table_name, logical_name, _file_id,
            landed_at nulls last, delivered_at, path collate "C", connection
    ),

    -- When a content was delivered last, under which path, and when it was seen there.
    files as (
        select distinct on (source, table_name, logical_name, _file_id)
            source, table_name, logical_name, _file_id, kind, delivered_at, path, seen_at, sha256
        from counting
        order by
            source, table_name, logical_name, _file_id,
            delivered_at desc, path collate "C" desc, seen_at desc
    ),

    ranked as (
        select
            source, table_name, logical_name, _file_id, kind,
            row_number() over (
                partition by source, table_name, logical_name
                order by
                    delivered_at desc, path collate "C" desc, seen_at desc,
                    sha256 collate "C" desc
            ) as place
        from files
    ),

    judged as (
        select
            counting.delivery_id,
            case
                when standing.delivery_id is null then 'duplicate'
                when ranked.kind = 'consolidated' and ranked.place > 1 then 'superseded'
                else 'landed'
            end as status,
            cast(null as timestamptz) as withdrawn_until,
            case when counting.withdrawn_until is null then counting.reason end as reason
        from counting
        inner join ranked
            on counting.source = ranked.source
            and counting.table_name = ranked.table_name
            and counting.logical_name = ranked.logical_name
            and counting._file_id = ranked._file_id
        left join standing on counting.delivery_id = standing.delivery_id
        union all
        select deliveries.delivery_id, 'withdrawn', withdrawn.withdrawn_until, withdrawn.reason
        from deliveries
        inner join withdrawn on deliveries._file_id = withdrawn._file_id
    )

    update etl.file_ledger as held
    set
        status = judged.status,
        withdrawn_until = judged.withdrawn_until,
        reason = judged.reason
    from judged
    where
        held.delivery_id = judged.delivery_id
        and (held.status, held.withdrawn_until, held.reason)
        is distinct from (judged.status, judged.withdrawn_until, judged.reason)
"""


def settle(cursor: Cursor, touched: Iterable[tuple[str | None, str | None, str | None]]) -> None:
    """Compute duplicate, landed, superseded and withdrawn anew for whole logical names.

    `touched`: (source, table, logical name). Rows in any other status, and those that the landing
    or a purge withdrew, take no part and stay.
    """
    names = sorted({name for name in touched if None not in name})
    if names:
        execute_values(cursor, _SETTLE, names, page_size=len(names))
