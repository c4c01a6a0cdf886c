with source as (
    select * from {{ source('commandes', 'a_logbuch') }}
),

notes_lues as (
    select
        *,
        {{ texte_repare('notiz') }} as note_reparee
    from source
),

notes_normalisees as (
    select
        *,
        {{ libelle_normalise('note_reparee') }} as note_normalisee
    from notes_lues
),

-- The note itself stays behind: who reads about orders needs what it says of planning.
renamed as (
    select
        id as id_evenement,
        id_a_kopf as id_commande,
        {{ code_saisi('code') }} as code_evenement,
        {{ texte_lu('bezeichnung') }} as libelle_evenement,
        {{ jour_connu('datum') }} as date_evenement,
        {{ moment_progress(jour_connu('datum'), 'zeit') }} as moment_evenement,
        {{ note_planifie('note_normalisee') }} as est_planification,
        _run_id,
        _loaded_at
    from notes_normalisees
)

select * from renamed
