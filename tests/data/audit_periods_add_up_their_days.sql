-- Months and days at the ends of a period give what its days give, department by
-- department.
{{ config(
    enabled=var('audit', false) and 'fluxvision' in var('sources'), tags=['audit']
) }}

with cumuls as (
    select * from {{ ref('int_tourisme__cumuls_periode') }}
    where famille = 'nuitee_departement'
),

cellules as (
    select * from {{ ref('int_tourisme__cellules') }}
    where date_debut is not null
),

jours as (
    select
        code_zone,
        date_jour,
        code_departement,
        sum(volume) as volume
    from {{ ref('fait_nuitees_departements') }}
    where code_categorie = 'TOURISTE' and code_provenance = 'NONLOCAL'
    group by code_zone, date_jour, code_departement
),

sommes as (
    select
        cellules.code_zone,
        cellules.annee,
        cellules.code_periode,
        jours.code_departement,
        sum(jours.volume) as volume
    from cellules
    inner join jours
        on
            cellules.code_zone = jours.code_zone
            and cellules.date_debut <= jours.date_jour
            and cellules.date_fin >= jours.date_jour
    group by
        cellules.code_zone,
        cellules.annee,
        cellules.code_periode,
        jours.code_departement
)

select
    coalesce(sommes.code_zone, cumuls.code_zone) as code_zone,
    coalesce(sommes.annee, cumuls.annee) as annee,
    coalesce(sommes.code_periode, cumuls.code_periode) as code_periode,
    coalesce(sommes.code_departement, cumuls.code_membre) as code_departement,
    sommes.volume as volume_des_jours,
    cumuls.volume as volume_de_la_periode
from sommes
full outer join cumuls
    on
        sommes.code_zone = cumuls.code_zone
        and sommes.annee = cumuls.annee
        and sommes.code_periode = cumuls.code_periode
        and sommes.code_departement = cumuls.code_membre
where coalesce(sommes.volume, -1) <> coalesce(cumuls.volume, -1)
