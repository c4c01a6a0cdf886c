with codes as (
    select * from {{ ref('stg_erp__tabgco') }}
),

codes_lus as (
    select
        type_table,
        -- A depot is a number wherever it is used.
        case
            when type_table = 'DS' then regexp_replace(code_element, '^0+([0-9])', '\1')
            else code_element
        end as code,
        libelle_element as libelle
    from codes
),

codes_classes as (
    select
        type_table,
        code,
        libelle,
        row_number() over (
            partition by type_table, code order by libelle nulls last
        ) as rang
    from codes_lus
)

select
    type_table,
    code,
    coalesce(libelle, code) as libelle
from codes_classes
where rang = 1 and code is not null and code <> 'INCONNU'
