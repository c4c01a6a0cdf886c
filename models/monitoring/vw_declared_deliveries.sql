with deliveries as (
    {{ livraisons_declarees() }}
)

select
    source,
    table_name,
    cadence,
    grace_days,
    season_from,
    season_to
from deliveries
