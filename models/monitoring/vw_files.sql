with file_ledger as (
    select * from {{ source('etl', 'file_ledger') }}
)

select
    source,
    table_name,
    kind,
    status,
    reason,
    count(*) as files,
    count(distinct _file_id) as contents,
    sum(rows_read) as rows_read,
    sum(rows_landed) as rows_landed,
    sum(rows_rejected) as rows_rejected,
    sum(size_bytes) as size_bytes,
    min(first_day) as first_day,
    max(last_day) as last_day,
    max(delivered_at) as last_delivered_at,
    max(landed_at) as last_landed_at
from file_ledger
group by source, table_name, kind, status, reason
