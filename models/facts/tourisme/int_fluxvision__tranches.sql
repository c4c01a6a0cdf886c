{%- set producteurs = [
    'int_fluxvision__fichiers_suivis', 'int_fluxvision__correspondances'
] %}
{{ config(
    post_hook=[
        "{{ publier() }}",
        "{{ appliquer(['int_fluxvision__fichiers_suivis', 'int_fluxvision__correspondances']) }}",
    ],
) }}

with fichiers as (
    select * from {{ ref('int_fluxvision__fichiers_suivis') }}
),

revendications as (
    select * from {{ ref('int_fluxvision__revendications') }}
    where libelle_zone is not null
),

lectures as (
    select * from {{ ref('int_fluxvision__revendications') }}
    where libelle_zone is null
),

libelles_fichiers as (
    select * from {{ ref('int_fluxvision__libelles_fichiers') }}
    where nature is not null
),

correspondances as (
    select
        *,
        row_number() over (partition by nature, libelle order by version desc) as rang
    from {{ ref('int_fluxvision__correspondances') }}
),

zones_des_libelles as (
    select
        code,
        libelle
    from correspondances
    where nature = 'zone' and rang = 1
),

{{ tranches_touchees(producteurs) }},

candidats as (
    select
        touchees.famille,
        touchees.code_zone,
        touchees.date_jour,
        fichiers._file_id,
        fichiers.est_provisoire,
        {{ rang_du_candidat('fichiers.est_provisoire') }} as rang,
        {{ rang_du_candidat('not fichiers.est_provisoire') }} as rang_provisoire
    from tranches_touchees as touchees
    inner join zones_des_libelles
        on touchees.code_zone = zones_des_libelles.code
    inner join revendications
        on
            touchees.famille = revendications.famille
            and touchees.date_jour = revendications.date_jour
            and zones_des_libelles.libelle = revendications.libelle_zone
    inner join fichiers
        on
            revendications._file_id = fichiers._file_id
            and fichiers.est_actif
),

elus as (
    select
        famille,
        code_zone,
        date_jour,
        max(case when rang = 1 then _file_id end) as _file_id,
        max(case when rang = 1 and est_provisoire then 1 else 0 end) = 1
            as est_provisoire,
        max(case when rang_provisoire = 1 and est_provisoire then _file_id end)
            as _file_id_provisoire
    from candidats
    group by famille, code_zone, date_jour
),

tranches as (
    select
        touchees.famille,
        touchees.code_zone,
        touchees.date_jour,
        elus._file_id,
        elus._file_id_provisoire,
        coalesce(elus.est_provisoire, false) as est_provisoire
    from tranches_touchees as touchees
    left join elus
        on
            touchees.famille = elus.famille
            and touchees.code_zone = elus.code_zone
            and touchees.date_jour = elus.date_jour
)

select
    tranches.famille,
    tranches.code_zone,
    tranches.date_jour,
    tranches._file_id,
    tranches.est_provisoire,
    tranches._file_id_provisoire,
    {{ version_et_generation() }}
from tranches
{% if is_incremental() -%}
    left join {{ this }} as ecrites
        on
            tranches.famille = ecrites.famille
            and tranches.code_zone = ecrites.code_zone
            and tranches.date_jour = ecrites.date_jour
    where
        {{ 'false' if rien_de_neuf(producteurs) else 'true' }}
        and (
            -- A slice that nobody claims any more stays, without a file, for the facts
            -- to forget it.
            coalesce(ecrites._file_id, '') <> coalesce(tranches._file_id, '')
            or coalesce(ecrites._file_id_provisoire, '')
            <> coalesce(tranches._file_id_provisoire, '')
            or tranches._file_id in (
                select recodes._file_id from fichiers_recodes as recodes
            )
            or tranches._file_id_provisoire in (
                select recodes._file_id from fichiers_recodes as recodes
            )
        )
{%- else -%}
    where tranches._file_id is not null
{%- endif %}
