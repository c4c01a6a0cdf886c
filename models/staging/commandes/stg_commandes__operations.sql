with source as (
    select * from {{ source('commandes', 'a_vorgang') }}
),

renamed as (
    select
        id_a_kopf as id_commande,
        {{ code_saisi('nummer') }} as numero_operation,
        {{ texte_lu('bezeichnung') }} as libelle_operation,
        {{ moment_progress(jour_connu('datum'), 'zeit') }} as moment_operation,
        coalesce({{ code_saisi('nummer') }} like '%VR%', false) as est_du_stock,
        _run_id,
        _loaded_at
    from source
)

select * from renamed
