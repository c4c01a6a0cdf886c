with source as (
    select * from {{ source('erp', 'tabgco') }}
),

renamed as (
    select
        {{ code_progress('type_tab') }} as type_table,
        {{ code_progress('n_tab') }} as code_element,
        {{ texte_progress('inti_tab') }} as libelle_element,
        _run_id
    from source
)

select * from renamed
