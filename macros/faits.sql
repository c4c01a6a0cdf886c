{#- The query of a tourism fact: the elected rows of its families, summed at its grain. Two labels
    that mean one thing meet here. `detail` is the key that it has besides day, zone, origin and
    category. -#}
{% macro fait_tourisme(familles, detail=none) -%}
{%- set cles = ['date_jour', 'code_zone', 'code_provenance', 'code_categorie'] + (detail or []) -%}
with tranches as (
    {{ tranches_du_fait(familles) }}
),

lignes as (
    {{ lignes_elues(familles, cles) }}
)

select
    {%- for cle in cles %}
    {{ cle }},
    {%- endfor %}
    cast(sum(volume) as {{ dbt.type_bigint() }}) as volume,
    est_provisoire,
    _file_id,
    max(_run_id) as _run_id
from lignes
group by {{ cles | join(', ') }}, est_provisoire, _file_id
{%- endmacro %}

{#- The same for places, whose four families stand in one fact: the commune and the EPCI are decoded
    as `int_fluxvision__correspondances` says. -#}
{% macro fait_lieux_tourisme(variante='', detail=none) -%}
{%- set cles = ['date_jour', 'code_zone', 'code_provenance', 'code_categorie'] + (detail or []) -%}
{%- set lieu = {
    'libelle_zone': 'lignes.libelle_zone',
    'libelle_epci': 'lignes.libelle_epci',
    'libelle_commune': 'lignes.libelle_commune',
    'libelle_departement': 'lignes.libelle_departement',
    'code_insee': 'lignes.code_insee',
} -%}
{%- set familles = familles_de_lieux(variante) -%}
with tranches as (
    {{ tranches_du_fait(familles) }}
),

correspondances as (
    {{ dernieres_correspondances(
        ref('int_fluxvision__correspondances'), "nature in ('commune', 'epci')"
    ) }}
),

lignes as (
    {{ lignes_elues(familles, cles + (lieu.keys() | list)) }}
),

lignes_situees as (
    select
        {%- for cle in cles %}
        lignes.{{ cle }},
        {%- endfor %}
        lignes.volume,
        lignes.est_provisoire,
        lignes._file_id,
        lignes._run_id,
        {{ type_lieu_de('lignes.famille') }} as type_lieu,
        coalesce(epci.code, 'INCONNU') as code_epci,
        coalesce(communes.code, 'INCONNU') as code_commune
    from lignes
    left join correspondances as epci
        on epci.nature = 'epci' and epci.libelle = {{ cle_d_epci(lieu) }}
    left join correspondances as communes
        on communes.nature = 'commune' and communes.libelle = {{ cle_de_commune(lieu) }}
)

select
    {%- for cle in cles %}
    {{ cle }},
    {%- endfor %}
    type_lieu,
    code_epci,
    code_commune,
    cast(sum(volume) as {{ dbt.type_bigint() }}) as volume,
    est_provisoire,
    _file_id,
    max(_run_id) as _run_id
from lignes_situees
group by {{ cles | join(', ') }}, type_lieu, code_epci, code_commune, est_provisoire, _file_id
{%- endmacro %}

{#- What the weekly files say of their days, whoever won the slice since: it stays comparable. -#}
{% macro fait_des_provisoires() -%}
{%- set familles = familles_du_fait('fait_provisoires') -%}
with tranches as (
    {{ tranches_du_fait(familles, '_file_id_provisoire') }}
),

lignes as (
    {{ lignes_elues(
        familles,
        ['date_jour', 'code_zone', 'code_provenance', 'code_categorie'],
        '_file_id_provisoire',
        provisoires_seuls=true
    ) }}
)

select
    date_jour,
    code_zone,
    famille,
    code_provenance,
    code_categorie,
    cast(sum(volume) as {{ dbt.type_bigint() }}) as volume,
    _file_id,
    max(_run_id) as _run_id
from lignes
group by date_jour, code_zone, famille, code_provenance, code_categorie, _file_id
{%- endmacro %}

{#- For the pre-hook of a fact of places: whether one of its rows is of the family `changees`. -#}
{% macro lieu_de_la_tranche() -%}
    {{ type_lieu_de('changees.famille') }} = {{ this.identifier }}.type_lieu
{%- endmacro %}

{#- What each label means now, of its versions in `correspondances`. -#}
{% macro dernieres_correspondances(correspondances, condition='true') -%}
    select nature, libelle, code
    from (
        select
            nature,
            libelle,
            code,
            row_number() over (partition by nature, libelle order by version desc) as rang
        from {{ correspondances }}
        where {{ condition }}
    ) as versions
    where rang = 1
{%- endmacro %}
