{#- The grammar of the machines' logs: `YYYYMMDD HH:MM:SS|@Event: details`, one event a line, with the
    marks of a buffer that was not empty (NUL, landed as U+2400) anywhere in it. -#}

{#- The CTEs that the staging view and its twin both read: what each line says, and why it cannot be
    read (`motif`). A line without any text is nothing. -#}
{% macro lignes_atelier() -%}
with source as (
    select * from {{ source('atelier', 'lignes_log') }}
),

dossiers as (
    select * from {{ ref('stg_atelier__dossiers') }}
),

-- Where a file was continued: the line that was being written came again, whole.
reprises as (
    {{ reprises_atelier() }}
),

lignes as (
    select
        source._file_id,
        source._row_number,
        source._run_id,
        source.machine as dossier,
        source.fichier,
        textes.ligne
    from source
    left join reprises on source._file_id = reprises._file_id
    {{ calculer_une_fois('textes', {'ligne': texte_du_journal('source.texte')}) }}
    where
        (
            reprises.premiere_ligne is null
            or source._row_number < reprises.premiere_ligne
        )
        and textes.ligne <> ''
),

lignes_coupees as (
    select
        lignes.*,
        parties.horodatage_brut,
        parties.evenement
    from lignes
    {{ calculer_une_fois('parties', {
        'horodatage_brut': horodatage_brut('lignes.ligne'),
        'evenement': "case when " ~ est_bien_formee('lignes.ligne')
            ~ " then substr(lignes.ligne, 20) else " ~ apres("'|@'", 'lignes.ligne') ~ " end",
    }) }}
),

lignes_lues as (
    select
        lignes_coupees.*,
        lectures.horodatage,
        lectures.type_evenement,
        lectures.details,
        coalesce(dossiers.code_centre_usinage, 'INCONNU') as code_centre_usinage,
        {{ jour_de_production('lectures.horodatage', 'dossiers.minutes_avant_journee') }}
            as date_production
    from lignes_coupees
    left join dossiers
        on {{ dossier_compare('lignes_coupees.dossier') }} = dossiers.dossier
    {{ calculer_une_fois('lectures', {
        'horodatage': lire_horodatage('lignes_coupees.horodatage_brut'),
        'type_evenement': "trim(" ~ dbt.split_part('lignes_coupees.evenement', "':'", 1) ~ ")",
        'details': "nullif(trim(" ~ apres("':'", 'lignes_coupees.evenement') ~ "), '')",
    }) }}
),

lignes_motivees as (
    select
        lignes_lues.*,
        mesures.duree_secondes,
        mesures.reference,
        case
            when lignes_lues.evenement is null then 'no event'
            when lignes_lues.horodatage is null then 'unreadable time'
            when not ({{ est_au_calendrier('lignes_lues.date_production') }})
                then 'day outside the calendar'
            when lignes_lues.type_evenement = 'MachineWait' and mesures.duree_secondes is null
                then 'unreadable duration'
            when lignes_lues.type_evenement = 'JobProfiel' and mesures.reference is null
                then 'profile without reference'
        end as motif
    from lignes_lues
    {{ calculer_une_fois('mesures', {
        'duree_secondes': duree_d_attente('lignes_lues'),
        'reference': mot_du_profil('lignes_lues', 'R: *([^ :]+)(?: |$)'),
    }) }}
)
{%- endmacro %}

{#- From which line on each content was taken up by what continues it: a query with `_file_id` and
    `premiere_ligne`. A continuation that was withdrawn takes nothing up, unless another went on from
    it that counts: it is the beginning of that one still. -#}
{% macro reprises_atelier() -%}
    {%- set fichiers = ref('stg_atelier__fichiers') -%}
    with recursive tenus as (
        select _file_id, suite_de
        from {{ fichiers }}
        where statut in ('landed', 'superseded', 'duplicate')
        union
        select avant._file_id, avant.suite_de
        from tenus
        inner join {{ fichiers }} as avant on tenus.suite_de = avant._file_id
    )

    select
        suites.suite_de as _file_id,
        min(suites.premiere_ligne) as premiere_ligne
    from {{ fichiers }} as suites
    where
        suites.suite_de is not null
        and suites._file_id in (select tenus._file_id from tenus)
    group by suites.suite_de
{%- endmacro %}

{#- A line of a query's FROM that computes some columns of each row once, however often they are used
    above it: the planner would else write the expressions out at each use, and each is a pattern. -#}
{% macro calculer_une_fois(alias, colonnes) -%}
    {{ return(adapter.dispatch('calculer_une_fois', 'entrepot')(alias, colonnes)) }}
{%- endmacro %}

{% macro default__calculer_une_fois(alias, colonnes, barriere='') -%}
    cross join lateral (
        select
            {%- for colonne, expression in colonnes.items() %}
            {{ expression }} as {{ colonne }}{{ ',' if not loop.last }}
            {%- endfor %}
        {{ barriere }}
    ) as {{ alias }}
{%- endmacro %}

{% macro postgres__calculer_une_fois(alias, colonnes) -%}
    {{ default__calculer_une_fois(alias, colonnes, 'limit 1') }}
{%- endmacro %}
