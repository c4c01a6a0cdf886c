-- The file of each slice is the first of all that claim it today, by rule 3 of the
-- design.
{{ config(
    enabled=var('audit', false) and 'fluxvision' in var('sources'), tags=['audit']
) }}

with zones as (
    select
        libelle,
        code
    from {{ ref('stg_fluxvision__libelles_connus') }}
    where nature = 'zone'
),

fichiers as (
    select * from {{ ref('int_fluxvision__fichiers') }}
),

candidats as (
    select
        revendications.famille,
        revendications.date_jour,
        revendications._file_id,
        coalesce(zones.code, 'INCONNU') as code_zone,
        row_number() over (
            partition by
                revendications.famille,
                coalesce(zones.code, 'INCONNU'),
                revendications.date_jour
            order by
                fichiers.est_provisoire,
                fichiers.livre_a desc,
                {{ par_octets('fichiers.chemin') }} desc,
                fichiers.vu_a desc,
                {{ par_octets('fichiers.empreinte') }} desc
        ) as rang
    from {{ ref('int_fluxvision__revendications') }} as revendications
    inner join fichiers on revendications._file_id = fichiers._file_id
    left join zones on revendications.libelle_zone = zones.libelle
    where revendications.libelle_zone is not null
),

attendus as (
    select
        famille,
        code_zone,
        date_jour,
        _file_id
    from candidats
    where rang = 1
),

trouves as (
    select
        famille,
        code_zone,
        date_jour,
        _file_id
    from {{ ref('int_fluxvision__tranches') }}
    where _file_id is not null
)

{{ differences(
    'famille, code_zone, date_jour, _file_id', 'select * from attendus', 'select * from trouves'
) }}
