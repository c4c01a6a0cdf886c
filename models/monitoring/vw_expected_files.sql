with deliveries as (
    select * from {{ ref('vw_declared_deliveries') }}
),

labels as (
    select * from {{ ref('vw_delivery_places') }}
),

spans as (
    select * from {{ ref('vw_delivery_spans') }}
),

landed as (
    select
        source,
        table_name,
        coalesce(
            {{ libelle_normalise('zone') }}, {{ dbt.split_part('logical_name', "'/'", 2) }}
        ) as label,
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
        places.place,
        -- Nothing is waited for before the first file of a table.
        min(landed.key_from) over (partition by landed.source, landed.table_name) as begins
    from landed
    left join (select distinct labels.source, labels.label, labels.place from labels) as places
        on
            landed.source = places.source
            and landed.label = places.label
),

begun as (
    select distinct
        source,
        table_name,
        begins
    from files
),

expected as (
    select distinct
        deliveries.source,
        deliveries.table_name,
        deliveries.cadence,
        labels.place,
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
    left join labels
        on
            deliveries.source = labels.source
            and deliveries.cadence <> 'week'
            and spans.first_day >= labels.valid_from
            and coalesce(spans.first_day < labels.valid_to, true)
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
        and expected.key_to >= files.key_from
        and expected.key_from <= files.key_to
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
