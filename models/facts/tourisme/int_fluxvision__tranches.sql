{%- set producteurs = ['int_fluxvision__fichiers_suivis', 'int_fluxvision__correspondances'] %}
{%- set fichiers_depuis = versions_depuis('int_fluxvision__fichiers_suivis') %}
{%- set codes_depuis = versions_depuis('int_fluxvision__correspondances') %}
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

-- What a zone label means, has meant, or meant before anyone had said.
codes_de_libelle as (
    select libelle, code from correspondances
    where nature = 'zone'
    union
    select libelle, 'INCONNU' from correspondances
    where nature = 'zone'
),

libelles_changes as (
    select nature, libelle from correspondances
    where version > {{ codes_depuis }}
),

revendications_touchees as (
    select revendications.famille, revendications.libelle_zone, revendications.date_jour
    from revendications
    inner join fichiers on revendications._file_id = fichiers._file_id
    where fichiers.version > {{ fichiers_depuis }}
    union
    select revendications.famille, revendications.libelle_zone, revendications.date_jour
    from revendications
    inner join libelles_changes
        on revendications.libelle_zone = libelles_changes.libelle
        and libelles_changes.nature = 'zone'
),

-- Files of which some label means something else now: what they won is to be read again.
fichiers_recodes as (
    select distinct libelles_fichiers._file_id
    from libelles_fichiers
    inner join libelles_changes
        on libelles_fichiers.nature = libelles_changes.nature
        and libelles_fichiers.libelle = libelles_changes.libelle
),

tranches_touchees as (
    select
        revendications_touchees.famille,
        codes_de_libelle.code as code_zone,
        revendications_touchees.date_jour
    from revendications_touchees
    inner join codes_de_libelle
        on revendications_touchees.libelle_zone = codes_de_libelle.libelle
    {%- if is_incremental() %}
    union
    select famille, code_zone, date_jour from {{ this }}
    where
        {{ 'true' if -1 in (fichiers_depuis, codes_depuis) else 'false' }}
        or _file_id in (select _file_id from fichiers_recodes)
        or _file_id_provisoire in (select _file_id from fichiers_recodes)
    {%- else %}
    group by 1, 2, 3
    {%- endif %}
),

candidats as (
    select
        tranches_touchees.famille,
        tranches_touchees.code_zone,
        tranches_touchees.date_jour,
        fichiers._file_id,
        fichiers.est_provisoire,
        {{ rang_du_candidat('fichiers.est_provisoire') }} as rang,
        {{ rang_du_candidat('not fichiers.est_provisoire') }} as rang_provisoire
    from tranches_touchees
    inner join correspondances
        on tranches_touchees.code_zone = correspondances.code
        and correspondances.nature = 'zone'
        and correspondances.rang = 1
    inner join revendications
        on tranches_touchees.famille = revendications.famille
        and tranches_touchees.date_jour = revendications.date_jour
        and correspondances.libelle = revendications.libelle_zone
    inner join fichiers
        on revendications._file_id = fichiers._file_id
        and fichiers.est_actif
),

elus as (
    select
        famille,
        code_zone,
        date_jour,
        max(case when rang = 1 then _file_id end) as _file_id,
        max(case when rang = 1 and est_provisoire then 1 else 0 end) = 1 as est_provisoire,
        max(case when rang_provisoire = 1 and est_provisoire then _file_id end)
            as _file_id_provisoire
    from candidats
    group by famille, code_zone, date_jour
)

select
    famille,
    code_zone,
    date_jour,
    elus._file_id,
    coalesce(elus.est_provisoire, false) as est_provisoire,
    elus._file_id_provisoire,
    cast({{ version_nouvelle() }} as {{ dbt.type_bigint() }}) as version,
    cast({{ generation_courante() }} as {{ dbt.type_bigint() }}) as generation
from tranches_touchees
left join elus using (famille, code_zone, date_jour)
{%- if is_incremental() %}
left join {{ this }} as tranches_ecrites using (famille, code_zone, date_jour)
where
    {{ 'false' if rien_de_neuf(producteurs) else 'true' }}
    and (
        -- A slice that nobody claims any more stays, without a file, for the facts to forget it.
        coalesce(tranches_ecrites._file_id, '') <> coalesce(elus._file_id, '')
        or coalesce(tranches_ecrites._file_id_provisoire, '')
        <> coalesce(elus._file_id_provisoire, '')
        or elus._file_id in (select _file_id from fichiers_recodes)
        or elus._file_id_provisoire in (select _file_id from fichiers_recodes)
    )
{%- else %}
where elus._file_id is not null
{%- endif %}
