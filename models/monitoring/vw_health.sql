select
    kind,
    severity,
    subject,
    message,
    todo,
    run_id,
    error
from {{ ref('vw_health_loads') }}
union all
select
    kind,
    severity,
    subject,
    message,
    todo,
    run_id,
    error
from {{ ref('vw_health_house') }}
