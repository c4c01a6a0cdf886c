with deliveries as (
    select * from {{ ref('vw_declared_deliveries') }}
),

places as (
    select * from {{ ref('vw_delivery_places') }}
),

labels as (
    select distinct
        source_name,
        place,
        place_label
    from places
),

spans as (
    select * from {{ ref('vw_delivery_spans') }}
),

landed as (
    select
        source,
        table_name,
        coalesce(
            {{ libelle_normalise('zone') }},
            {{ dbt.split_part('logical_name', "'/'", 2) }}
        ) as place_label,
        {{ cle_de_livraison('first_day') }} as key_from,
        {{ cle_de_livraison('last_day') }} as key_to,
        coalesce(landed_at, delivered_at) as landed_at
    from {{ source('etl', 'file_ledger') }}
    where status in ('landed', 'superseded', 'duplicate')
),

files as (
    select
        landed.source,
        landed.table_name,
        landed.key_from,
        landed.key_to,
        landed.landed_at,
        labels.place
    from landed
    left join labels
        on
            landed.source = labels.source_name
            and landed.place_label = labels.place_label
),

-- Nothing is waited for before the first file of a table.
begun as (
    select
        source,
        table_name,
        min(key_from) as begins
    from files
    group by source, table_name
),

expected as (
    select distinct
        deliveries.source,
        deliveries.table_name,
        deliveries.cadence,
        places.place,
        spans.key_from,
        spans.key_to,
        spans.first_day,
        spans.last_day,
        {{ jours_apres('deliveries.grace_days', 'spans.last_day') }} as due_on
    from deliveries
    inner join begun
        on
            deliveries.source = begun.source
            and deliveries.table_name = begun.table_name
    inner join spans
        on
            deliveries.cadence = spans.cadence
            and begun.begins <= spans.key_to
            and {{ en_saison('spans.first_day', 'deliveries') }}
    -- A weekly file holds all places.
    left join places
        on
            deliveries.source = places.source_name
            and deliveries.cadence <> 'week'
            and spans.first_day >= places.valid_from
            and coalesce(spans.first_day < places.valid_to, true)
)

select
    expected.source,
    expected.table_name,
    expected.cadence,
    expected.place,
    expected.key_from as expected_for,
    expected.first_day,
    expected.last_day,
    expected.due_on,
    count(files.key_from) as files,
    max(files.landed_at) as last_landed_at,
    case
        when count(files.key_from) > 0 then 'CAME'
        when {{ jour_courant() }} > expected.due_on then 'LATE'
        else 'AWAITED'
    end as status
from expected
left join files
    on
        expected.source = files.source
        and expected.table_name = files.table_name
        and expected.key_to between files.key_from and files.key_to
        and (expected.place is null or expected.place = files.place)
group by
    expected.source,
    expected.table_name,
    expected.cadence,
    expected.place,
    expected.key_from,
    expected.first_day,
    expected.last_day,
    expected.due_on
