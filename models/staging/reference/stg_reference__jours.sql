with source as (
    select * from {{ source('reference', 'jours') }}
),

renamed as (
    select
        date_jour,
        cast(extract(year from date_jour) as smallint) as annee,
        cast(extract(quarter from date_jour) as smallint) as trimestre,
        cast(extract(month from date_jour) as smallint) as mois,
        cast(semaine as smallint) as semaine,
        cast(annee_semaine as smallint) as annee_semaine,
        cast(numero_jour as smallint) as numero_jour,
        jour_semaine,
        cast(jours_depuis_paques as smallint) as jours_depuis_paques,
        cast(ferie as smallint) as ferie,
        nom_ferie,
        cast(vacances_a as smallint) as vacances_a,
        cast(vacances_b as smallint) as vacances_b,
        cast(vacances_c as smallint) as vacances_c,
        nom_vacances,
        cast(ferie_ci as smallint) as ferie_ci,
        nom_ferie_ci
    from source
)

select * from renamed
