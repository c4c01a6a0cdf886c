{#- Tests that look at the slices that no test has passed on yet. A line 'tests < <fact>' of
    etl.watermarks says how far a fact is tested; it moves at the end of a command in which every
    such test of the fact passed. So a build with nothing new reads nothing, and a failure is found
    again until it is mended. -#}

{#- The condition on rows (`alias`) of a fact that are not tested yet. -#}
{% macro pas_encore_teste(fait, alias) -%}
    {#- Named before any branch, so that dbt sees the dependency while it parses. -#}
    {%- set tranches = ref('int_fluxvision__tranches') -%}
    {%- if not execute -%}
        {{ return('true') }}
    {%- endif -%}
    {%- set publie = filigrane(fait) -%}
    {%- set teste = filigrane('tests < ' ~ fait) -%}
    {%- if publie is none or teste is none or teste.generation != publie.generation -%}
        {{ return('true') }}
    {%- elif teste.version == publie.version -%}
        {{ return('false') }}
    {%- endif -%}
    exists (
        select 1
        from {{ tranches }} as changees
        where
            changees.version > {{ teste.version }}
            and changees.famille in ({{ litteraux(familles_du_fait(fait)) }})
            and changees.code_zone = {{ alias }}.code_zone
            and changees.date_jour = {{ alias }}.date_jour
    )
{%- endmacro %}

{#- Each key of the slices not tested yet is in its dimension. -#}
{% test cle_connue_des_tranches(model, column_name, dimension) -%}
    select fait.{{ column_name }}, count(*) as lignes
    from {{ model }} as fait
    left join {{ dimension }} as dimension on fait.{{ column_name }} = dimension.{{ column_name }}
    where
        dimension.{{ column_name }} is null
        and {{ pas_encore_teste(model.identifier, 'fait') }}
    group by fait.{{ column_name }}
{%- endtest %}

{#- Each row of the slices not tested yet comes from the file that its slice elects. -#}
{% test tranche_elue(model) -%}
    select fait.date_jour, fait.code_zone, fait._file_id, tranches._file_id as elu
    from {{ model }} as fait
    left join {{ ref('int_fluxvision__tranches') }} as tranches
        on fait.date_jour = tranches.date_jour
        and fait.code_zone = tranches.code_zone
        and fait._file_id = tranches._file_id
        and tranches.famille in ({{ litteraux(familles_du_fait(model.identifier)) }})
    where
        tranches._file_id is null
        and {{ pas_encore_teste(model.identifier, 'fait') }}
{%- endtest %}

{#- On-run-end: the facts whose tests above all passed are tested as far as they are built. -#}
{% macro avancer_les_tests(results) -%}
    {%- if not execute or not results -%}
        {{ return('select 1') }}
    {%- endif -%}
    {%- set passes = [] -%}
    {%- for result in results if result.status | string == 'pass' -%}
        {%- do passes.append(result.node.unique_id) -%}
    {%- endfor -%}
    {%- set manquants = {} -%}
    {%- for noeud in graph.nodes.values()
        if noeud.resource_type == 'test'
        and (noeud.get('test_metadata') or {}).get('name') in ['cle_connue_des_tranches', 'tranche_elue'] -%}
        {%- set fait = noeud.attached_node.split('.') | last -%}
        {%- do manquants.setdefault(fait, []) -%}
        {%- if noeud.unique_id not in passes -%}
            {%- do manquants[fait].append(noeud.unique_id) -%}
        {%- endif -%}
    {%- endfor -%}
    {%- for fait, restants in manquants.items() if not restants -%}
        {%- set publie = filigrane(fait) -%}
        {%- set ligne = 'tests < ' ~ fait -%}
        {%- if publie is not none and filigrane(ligne) != publie -%}
            {{ poser_filigrane(ligne, publie.generation, publie.version) }};
        {% endif -%}
    {%- endfor -%}
    select 1
{%- endmacro %}

{#- Every label of a nature that the files in use bear is known; a warning names those that are not.
    What has no place at all (no commune, no EPCI) is not a label. -#}
{% test libelle_connu(model, nature) -%}
    {{ config(severity='warn') }}
    {%- set inconnus -%}
        select
            correspondances.nature,
            coalesce(nullif(correspondances.libelle, ''), '(vide)') as libelle,
            count(distinct fichiers._file_id) as nb_fichiers
        from (
            {{ dernieres_correspondances(model, "nature = '" ~ nature ~ "'") }}
        ) as correspondances
        inner join {{ ref('int_fluxvision__libelles_fichiers') }} as libelles_fichiers
            on correspondances.nature = libelles_fichiers.nature
            and correspondances.libelle = libelles_fichiers.libelle
        inner join {{ ref('int_fluxvision__fichiers_suivis') }} as fichiers
            on libelles_fichiers._file_id = fichiers._file_id
        where
            correspondances.code = 'INCONNU'
            and fichiers.est_actif
            {%- if nature in ['commune', 'epci'] %}
            and correspondances.libelle <> ''
            and substr(correspondances.libelle, 1, 1) <> '@'
            {%- endif %}
        group by correspondances.nature, correspondances.libelle
    {%- endset -%}
    {%- if execute and flags.WHICH in ['build', 'test'] -%}
        {%- for ligne in run_query(inconnus ~ ' order by 3 desc, 2 limit 20').rows -%}
            {%- do exceptions.warn(
                'unknown label (' ~ nature ~ '): ' ~ ligne[1] ~ ', in ' ~ ligne[2] ~ ' file(s)'
            ) -%}
        {%- endfor -%}
    {%- endif -%}
    {{ inconnus }}
{%- endtest %}
