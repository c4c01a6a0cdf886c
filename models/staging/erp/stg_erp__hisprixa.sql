with source as (
    select * from {{ source('erp', 'hisprixa') }}
),

renamed as (
    select
        {{ cle_prix() }} as cle_prix,
        {{ code_progress('cod_fou') }} as code_fournisseur,
        {{ code_progress('cod_pro') }} as code_produit,
        dat_px as date_prix,
        {{ texte_progress('hr_mod') }} as heure_prix,
        {{ code_progress('depot') }} as code_depot,
        {{ decimal_erp('px_refa', 4) }} as prix_achat_reference,
        {% for rang in range(1, 11) -%}
            cast({{ nombre_progress('qte_rq_' ~ rang) }} as numeric(17, 3))
                as quantite_palier_{{ rang }},
            cast({{ nombre_progress('px_ach_rq_' ~ rang) }} as numeric(17, 4))
                as prix_palier_{{ rang }},
        {% endfor -%}
        dat_mod as date_modification,
        _run_id
    from source
    where not {{ est_exclue_erp('hisprixa') }}
)

select * from renamed
