{{ config(
    materialized='incremental',
    incremental_strategy='append',
    indexes=[{'columns': ['nature', 'libelle']}, {'columns': ['version']}],
    post_hook=[
        "{{ publier() }}",
        "{{ appliquer(['int_fluxvision__libelles_fichiers']) }}",
    ],
) }}
{%- set cle = "case when nature = 'epci' then substr(libelle, 2) else libelle end" %}
{%- set depuis = versions_depuis('int_fluxvision__libelles_fichiers') %}

with libelles_connus as (
    select * from {{ ref('stg_fluxvision__libelles_connus') }}
),

zones as (
    select
        code_zone,
        min(code_departement) as code_departement
    from {{ ref('zones') }}
    group by code_zone
),

lieux_connus as (
    select * from {{ ref('int_fluxvision__lieux_connus') }}
),

communes as (
    select * from {{ ref('dim_commune') }}
),

libelles_lus as (
    select distinct
        nature,
        libelle
    from {{ ref('int_fluxvision__libelles_fichiers') }}
    where nature is not null and version > {{ depuis }}
    {%- if is_incremental() %}
        union
        select
            nature,
            libelle
        from {{ this }}
    {%- endif %}
),

-- A commune stands for itself, or for the EPCI that a row does not name. It is known by
-- its code, or as `department|name`, or as `@zone|name`.
communes_dites as (
    select
        nature,
        libelle,
        {{ cle }} as cle,
        {{ dbt.split_part(cle, "'|'", 1) }} as contexte,
        {{ dbt.split_part(cle, "'|'", 2) }} as nom
    from libelles_lus
    where nature = 'commune' or (nature = 'epci' and substr(libelle, 1, 1) = '@')
),

contextes as (
    select
        libelle as contexte,
        code as code_departement
    from libelles_connus
    where nature = 'departement'
    union all
    select
        '@' || libelles_connus.libelle as contexte,
        zones.code_departement
    from libelles_connus
    inner join zones on libelles_connus.code = zones.code_zone
    where libelles_connus.nature = 'zone'
),

communes_cherchees as (
    select
        communes_dites.nature,
        communes_dites.libelle,
        '' as code_departement,
        communes_dites.cle
    from communes_dites
    union all
    select
        communes_dites.nature,
        communes_dites.libelle,
        contextes.code_departement,
        communes_dites.nom as cle
    from communes_dites
    inner join contextes on communes_dites.contexte = contextes.contexte
),

codes_connus as (
    select
        nature,
        libelle,
        code
    from libelles_connus
    union all
    select
        nature,
        cle as libelle,
        code
    from lieux_connus
    where nature = 'epci'
    union all
    select
        cherchees.nature,
        cherchees.libelle,
        case
            when cherchees.nature = 'commune' then communes.code_commune
            else communes.code_epci
        end as code
    from communes_cherchees as cherchees
    inner join lieux_connus
        on
            lieux_connus.nature = 'commune'
            and cherchees.code_departement = lieux_connus.code_departement
            and cherchees.cle = lieux_connus.cle
    inner join communes on lieux_connus.code = communes.code_commune
),

correspondances as (
    select
        libelles_lus.nature,
        libelles_lus.libelle,
        coalesce(codes_connus.code, 'INCONNU') as code
    from libelles_lus
    left join codes_connus
        on
            libelles_lus.nature = codes_connus.nature
            and libelles_lus.libelle = codes_connus.libelle
)

select
    nature,
    libelle,
    code,
    {{ version_et_generation() }}
from correspondances
{%- if is_incremental() %}
    where not exists (
        select 1
        from ({{ dernieres_correspondances(this) }}) as ecrites
        where
            ecrites.nature = correspondances.nature
            and ecrites.libelle = correspondances.libelle
            and ecrites.code = correspondances.code
    )
{%- endif %}
