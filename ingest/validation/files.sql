-- Each content of a table: what the ledger noted when it landed, beside what raw and rejects hold.
-- A content's rows are numbered in the file, rejected ones counted: so how many there are, the sum
-- of their numbers and that of the squares tell a row lost or doubled, and one lost for one doubled.
with noted as (
    select
        _file_id,
        min(logical_name) as logical_name,
        coalesce(max(first_row), 1) as first_row,
        max(rows_read) as rows_read,
        max(rows_landed) as rows_landed,
        max(rows_rejected) as rows_rejected
    from etl.file_ledger
    where
        source = %(source)s
        and table_name = %(table)s
        and rows_landed is not null
        and purged_at is null
        and (
            status = 'landed'
            -- Of a generated table the content of now alone is kept.
            or (not %(generated)s and status in ('superseded', 'duplicate'))
            or (not %(generated)s and status = 'withdrawn' and landed_at is not null)
        )
    group by _file_id
),

held as (
    select
        _file_id,
        count(*) as rows,
        sum(cast(_row_number as numeric)) as numbers,
        sum(cast(_row_number as numeric) * _row_number) as squares
    from {raw}
    group by _file_id
),

refused as (
    select
        _file_id,
        count(*) as rows,
        sum(cast(row_number as numeric)) as numbers,
        sum(cast(row_number as numeric) * row_number) as squares
    from etl.rejects
    where source = %(source)s and table_name = %(table)s
    group by _file_id
),

expected as (
    select
        *,
        cast(first_row - 1 as numeric) as a,
        cast(first_row - 1 + rows_read as numeric) as b
    from noted
)

select
    coalesce(expected._file_id, held._file_id) as file_id,
    expected.logical_name,
    expected.first_row,
    expected.rows_read,
    expected.rows_landed,
    expected.rows_rejected,
    coalesce(held.rows, 0) as rows,
    coalesce(refused.rows, 0) as rejects,
    expected._file_id is not null
    and expected.rows_landed = coalesce(held.rows, 0)
    and expected.rows_rejected = coalesce(refused.rows, 0)
    and (b * (b + 1) - a * (a + 1)) / 2
    = coalesce(held.numbers, 0) + coalesce(refused.numbers, 0)
    and (b * (b + 1) * (2 * b + 1) - a * (a + 1) * (2 * a + 1)) / 6
    = coalesce(held.squares, 0) + coalesce(refused.squares, 0) as is_equal
from expected
full outer join held on expected._file_id = held._file_id
left join refused on coalesce(expected._file_id, held._file_id) = refused._file_id
-- What a run is loading now is nobody's yet.
where not exists (
    select 1 from etl.load_intents as intents
    where intents._file_id = coalesce(expected._file_id, held._file_id)
)
order by expected.logical_name, 1
