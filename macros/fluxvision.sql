{#- What the tables of Flux Vision have in common, so that each staging view is one line.
    A family is what consolidated and provisional tables share: `frequentation_nuitee_fr` feeds
    `nuitee_departement`. -#}

{% macro fluxvision_provisoires() -%}
    {{ return({
        'frequentation_nuitee': 'nuitee',
        'frequentation_nuitee_fr': 'nuitee_departement',
        'frequentation_nuitee_int': 'nuitee_pays',
        'frequentation_journee': 'diurne',
        'frequentation_journee_fr': 'diurne_departement',
        'frequentation_journee_int': 'diurne_pays',
        'duree_sejour': 'sejour_duree',
        'duree_sejour_fr': 'sejour_duree_departement',
        'duree_sejour_int': 'sejour_duree_pays',
        'export_mobilite': 'lieu_activite_soir',
    }) }}
{%- endmacro %}

{#- The consolidated tables; each is a family and bears its name. -#}
{% macro fluxvision_familles() -%}
    {%- set familles = ['nuitee_age', 'nuitee_geolife', 'diurne_age', 'diurne_geolife'] -%}
    {%- for base in [
        'nuitee', 'diurne', 'sejour_duree',
        'lieu_activite_soir', 'lieu_activite_veille', 'lieu_nuitee_soir', 'lieu_nuitee_veille',
    ] -%}
        {%- do familles.extend([base, base ~ '_departement', base ~ '_pays']) -%}
    {%- endfor -%}
    {{ return(familles) }}
{%- endmacro %}

{% macro fluxvision_tables() -%}
    {{ return(fluxvision_familles() + (fluxvision_provisoires().keys() | list)) }}
{%- endmacro %}

{% macro fluxvision_famille(table) -%}
    {{ return(fluxvision_provisoires().get(table, table)) }}
{%- endmacro %}

{#- The name of a table in its staging views, short enough for `stg_fluxvision__<entity>__rejets`
    to have 45 characters: longer names collide on the backup names that dbt makes. -#}
{% macro fluxvision_entite(table) -%}
    {{ return(
        table
        | replace('_departement', '_dep')
        | replace('lieu_activite', 'lieu_act')
        | replace('lieu_nuitee', 'lieu_nuit')
        | replace('frequentation', 'freq')
    ) }}
{%- endmacro %}

{#- The tables that feed the families given, consolidated before provisional. -#}
{% macro fluxvision_tables_de(familles) -%}
    {%- set tables = [] -%}
    {%- for table in fluxvision_tables() if fluxvision_famille(table) in familles -%}
        {%- do tables.append(table) -%}
    {%- endfor -%}
    {{ return(tables) }}
{%- endmacro %}

{#- The labels of a table besides zone, origin and category: column of the staging view -> the raw
    columns that it may stand in, the first one that is filled holding. -#}
{% macro fluxvision_libelles(table) -%}
    {%- set famille = fluxvision_famille(table) -%}
    {%- set departements_du_lieu = [
        'dept_zone_diurne_soir', 'dept_zone_nuitee_soir',
        'dept_zone_diurne_veille', 'dept_zone_nuitee_veille',
    ] -%}
    {%- set libelles = {} -%}
    {%- if famille.endswith('_departement') -%}
        {%- set repli = departements_du_lieu if famille.startswith('lieu_') else [] -%}
        {%- do libelles.update({'libelle_departement_origine': ['nom_departement'] + repli}) -%}
    {%- elif famille.endswith('_pays') -%}
        {%- do libelles.update({'libelle_pays': ['pays']}) -%}
    {%- elif famille.endswith('_age') -%}
        {%- do libelles.update({'age': ['age']}) -%}
    {%- elif famille.endswith('_geolife') -%}
        {%- do libelles.update({'geolife': ['geolife']}) -%}
    {%- endif -%}
    {%- if famille.startswith('sejour_duree') -%}
        {%- do libelles.update({'libelle_duree': ['duree_sejour', 'duree_sejour_num']}) -%}
    {%- endif -%}
    {%- if table == 'export_mobilite' -%}
        {%- do libelles.update({
            'libelle_epci': ['epci_zone_diurne_soir', 'epci', 'nom_epci'],
            'code_insee': ['code_insee_diurne_soir', 'code_insee'],
            'libelle_commune': ['zone_mobilite', 'zone_diurne_soir'],
            'libelle_departement': departements_du_lieu + ['nom_departement'],
        }) -%}
    {%- elif famille.startswith('lieu_') -%}
        {%- set moment = famille.split('_')[1] | replace('activite', 'diurne') ~ '_' ~ famille.split('_')[2] -%}
        {%- do libelles.update({
            'libelle_epci': ['epci_zone_' ~ moment, 'epci', 'nom_epci'],
            'code_insee': ['code_insee_' ~ moment, 'code_insee'],
            'libelle_commune': ['zone_' ~ moment],
            'libelle_departement': departements_du_lieu,
        }) -%}
    {%- endif -%}
    {{ return(libelles) }}
{%- endmacro %}

{#- The family of the table that an expression names. -#}
{% macro famille_de(expression) -%}
    case {{ expression }}
        {%- for table, famille in fluxvision_provisoires().items() %}
        when '{{ table }}' then '{{ famille }}'
        {%- endfor %}
        else {{ expression }}
    end
{%- endmacro %}
