with source as (
    select * from {{ source('sigeti', 'domaines_activites') }}
),

renamed as (
    select
        id as id_domaine,
        upper({{ texte_lu('code') }}) as code_domaine,
        {{ texte_lu('libelle') }} as libelle_domaine,
        case
            when not {{ est_illisible('description') }}
                then {{ texte_lu('description') }}
        end as description,
        _run_id
    from source
    where {{ motif_de_rejet('domaines_activites') }} is null
)

select * from renamed
