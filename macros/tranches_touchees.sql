{#- The CTEs of `int_fluxvision__tranches` that say which slices to judge again: those that a file
    claims whose state changed, those that a zone label moves between, and those won by a file of
    which some label means something else now, or whose rows are other ones now. -#}
{% macro tranches_touchees(producteurs) -%}
{%- set fichiers_depuis = versions_depuis(producteurs[0]) -%}
{%- set codes_depuis = versions_depuis(producteurs[1]) -%}
libelles_changes as (
    select nature, libelle from correspondances
    where version > {{ codes_depuis }}
),

fichiers_recodes as (
    select libelles_fichiers._file_id
    from libelles_fichiers
    inner join libelles_changes
        on
            libelles_fichiers.nature = libelles_changes.nature
            and libelles_fichiers.libelle = libelles_changes.libelle
    union
    select fichiers._file_id
    from fichiers
    inner join lectures on fichiers._file_id = lectures._file_id
    where fichiers.version > {{ fichiers_depuis }} and lectures.remplace_a is not null
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
        on
            revendications.libelle_zone = libelles_changes.libelle
            and libelles_changes.nature = 'zone'
),

-- What a zone label means, has meant, or meant before anyone had said.
codes_de_libelle as (
    select libelle, code from correspondances
    where nature = 'zone'
    union
    select libelle, 'INCONNU' from correspondances
    where nature = 'zone'
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
)
{%- endmacro %}

{#- The order in which files that claim one slice are preferred; `en_dernier` true comes last. -#}
{% macro rang_du_candidat(en_dernier) -%}
    row_number() over (
        partition by touchees.famille, touchees.code_zone, touchees.date_jour
        order by
            {{ en_dernier }},
            fichiers.livre_a desc,
            {{ par_octets('fichiers.chemin') }} desc,
            fichiers.vu_a desc,
            {{ par_octets('fichiers.empreinte') }} desc
    )
{%- endmacro %}
