{#- The staging view of one table of Flux Vision: the rows that could be read, typed and decoded.
    A filter on `_file_id` reaches the index of the raw table: every window is partitioned by it. -#}
{% macro staging_fluxvision(table) -%}
{%- set libelles = fluxvision_libelles(table) -%}
{{ lignes_jugees(table, libelles) }}

select
    lignes_classees._file_id,
    lignes_classees._row_number,
    lignes_classees._run_id,
    lignes_classees.date_jour,
    lignes_classees.libelle_zone,
    {{ code_connu('zones') }} as code_zone,
    {{ code_connu('provenances') }} as code_provenance,
    {{ code_connu('categories') }} as code_categorie,
    {%- if 'libelle_departement_origine' in libelles %}
    case
        when lignes_classees.est_total then 'CUMUL' else {{ code_connu('departements') }}
    end as code_departement,
    {%- endif %}
    {%- if 'libelle_pays' in libelles %}
    case
        when lignes_classees.est_total then 'CUMUL' else {{ code_connu('les_pays') }}
    end as code_pays,
    {%- endif %}
    {%- if 'libelle_duree' in libelles %}
    {{ code_connu('durees') }} as code_duree,
    {%- endif %}
    {%- for colonne in libelles if colonne in colonnes_gardees() %}
    lignes_classees.{{ colonne }},
    {%- endfor %}
    lignes_classees.est_total,
    {{ 'true' if table in fluxvision_provisoires() else 'false' }} as est_provisoire,
    lignes_classees.volume
from lignes_classees
{{ jointure_connus('zones', 'zone', 'lignes_classees.libelle_zone') }}
{{ jointure_connus('provenances', 'provenance', 'lignes_classees.libelle_provenance') }}
{{ jointure_connus('categories', 'categorie', 'lignes_classees.libelle_categorie') }}
{% if 'libelle_departement_origine' in libelles -%}
{{ jointure_connus('departements', 'departement', 'lignes_classees.libelle_departement_origine') }}
{% endif -%}
{% if 'libelle_pays' in libelles -%}
{{ jointure_connus('les_pays', 'pays', 'lignes_classees.libelle_pays') }}
{% endif -%}
{% if 'libelle_duree' in libelles -%}
{{ jointure_connus('durees', 'duree', 'lignes_classees.libelle_duree') }}
{% endif -%}
-- One condition in a `case`, not two: of a condition that it cannot look into, the planner expects
-- half of the rows. Of a null and of a number that are computed it would expect one row in 40,000,
-- and join the rest row by row.
where case when lignes_classees.motif is null then lignes_classees.rang = 1 else false end
{%- endmacro %}

{#- Its twin: the rows that could not, each with the first reason that holds. -#}
{% macro staging_fluxvision_rejets(table) -%}
{{ lignes_jugees(table, fluxvision_libelles(table)) }}

select
    lignes_classees._file_id,
    lignes_classees._row_number,
    lignes_classees._run_id,
    lignes_classees.date_jour,
    case
        when lignes_classees.libelle_zone is not null then {{ code_connu('zones') }}
    end as code_zone,
    case
        when lignes_classees.est_lisible then 'duplicate in file' else lignes_classees.motif
    end as motif,
    lignes_classees.ligne
from lignes_classees
{{ jointure_connus('zones', 'zone', 'lignes_classees.libelle_zone') }}
where not lignes_classees.est_lisible or lignes_classees.rang > 1
{%- endmacro %}

{#- Label columns that the view shows as such; the others show as codes. -#}
{% macro colonnes_gardees() -%}
    {{ return([
        'libelle_epci', 'code_insee', 'libelle_commune', 'libelle_departement', 'age', 'geolife',
    ]) }}
{%- endmacro %}
