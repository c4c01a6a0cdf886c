{{ config(
    materialized='incremental',
    incremental_strategy='append',
    indexes=[{'columns': ['nature', 'libelle']}, {'columns': ['version']}],
    post_hook=[
        "{{ publier() }}",
        "{{ appliquer(['int_fluxvision__libelles_fichiers']) }}",
    ],
) }}
{%- set depuis = versions_depuis('int_fluxvision__libelles_fichiers') %}

with libelles_connus as (
    select * from {{ ref('stg_fluxvision__libelles_connus') }}
),

zones as (
    select code_zone, min(code_departement) as code_departement from {{ ref('zones') }}
    group by code_zone
),

lieux_connus as (
    select * from {{ ref('int_fluxvision__lieux_connus') }}
),

communes as (
    select * from {{ ref('dim_commune') }}
),

libelles_lus as (
    select distinct nature, libelle from {{ ref('int_fluxvision__libelles_fichiers') }}
    where nature is not null and version > {{ depuis }}
    {%- if is_incremental() %}
    union
    select nature, libelle from {{ this }}
    {%- endif %}
),

-- A commune stands for itself, or for the EPCI that a row does not name.
communes_lues as (
    select
        nature,
        libelle,
        case when nature = 'epci' then substr(libelle, 2) else libelle end as cle
    from libelles_lus
    where nature = 'commune' or (nature = 'epci' and substr(libelle, 1, 1) = '@')
),

departements_des_lieux as (
    select libelle, code as code_departement from libelles_connus
    where nature = 'departement'
    union all
    select '@' || libelles_connus.libelle, zones.code_departement
    from libelles_connus
    inner join zones on libelles_connus.code = zones.code_zone
    where libelles_connus.nature = 'zone'
),

communes_situees as (
    select
        communes_lues.nature,
        communes_lues.libelle,
        coalesce(par_code.code, par_nom.code) as code_commune
    from communes_lues
    left join departements_des_lieux
        on {{ dbt.split_part('communes_lues.cle', "'|'", 1) }}
        = departements_des_lieux.libelle
    left join lieux_connus as par_code
        on par_code.nature = 'commune'
        and par_code.code_departement = ''
        and communes_lues.cle = par_code.cle
    left join lieux_connus as par_nom
        on par_nom.nature = 'commune'
        and departements_des_lieux.code_departement = par_nom.code_departement
        and {{ dbt.split_part('communes_lues.cle', "'|'", 2) }} = par_nom.cle
),

codes_connus as (
    select nature, libelle, code from libelles_connus
    union all
    select nature, cle, code from lieux_connus
    where nature = 'epci'
    union all
    select
        communes_situees.nature,
        communes_situees.libelle,
        case
            when communes_situees.nature = 'commune' then communes.code_commune
            else communes.code_epci
        end
    from communes_situees
    inner join communes on communes_situees.code_commune = communes.code_commune
),

correspondances as (
    select
        libelles_lus.nature,
        libelles_lus.libelle,
        coalesce(codes_connus.code, 'INCONNU') as code
    from libelles_lus
    left join codes_connus
        on libelles_lus.nature = codes_connus.nature
        and libelles_lus.libelle = codes_connus.libelle
)

select
    nature,
    libelle,
    code,
    cast({{ version_nouvelle() }} as {{ dbt.type_bigint() }}) as version,
    cast({{ generation_courante() }} as {{ dbt.type_bigint() }}) as generation
from correspondances
{%- if is_incremental() %}
where not exists (
    select 1
    from (
        select
            nature,
            libelle,
            code,
            row_number() over (partition by nature, libelle order by version desc) as rang
        from {{ this }}
    ) as ecrites
    where
        ecrites.rang = 1
        and ecrites.nature = correspondances.nature
        and ecrites.libelle = correspondances.libelle
        and ecrites.code = correspondances.code
)
{%- endif %}
