{#- What the tourism marts add up by member (a department, a country, a length of stay, a
    commune): the measure, the family and the fact it comes from, the column of the member, and
    the rows that count. French is NONLOCAL, international is ETRANGER, LOCAL never counts. -#}
{% macro mesures_par_membre() -%}
    {{ return([
        {
            'mesure': 'nuitees_departement',
            'famille': 'nuitee_departement',
            'fait': 'fait_nuitees_departements',
            'membre': 'code_departement',
            'filtre': "code_categorie = 'TOURISTE' and code_provenance = 'NONLOCAL'",
        },
        {
            'mesure': 'nuitees_pays',
            'famille': 'nuitee_pays',
            'fait': 'fait_nuitees_pays',
            'membre': 'code_pays',
            'filtre': "code_categorie = 'TOURISTE' and code_provenance = 'ETRANGER'",
        },
        {
            'mesure': 'excursionnistes_departement',
            'famille': 'diurne_departement',
            'fait': 'fait_diurnes_departements',
            'membre': 'code_departement',
            'filtre': "code_categorie = 'EXCURSIONNISTE' and code_provenance = 'NONLOCAL'",
        },
        {
            'mesure': 'excursionnistes_pays',
            'famille': 'diurne_pays',
            'fait': 'fait_diurnes_pays',
            'membre': 'code_pays',
            'filtre': "code_categorie = 'EXCURSIONNISTE' and code_provenance = 'ETRANGER'",
        },
        {
            'mesure': 'sejours_duree',
            'famille': 'sejour_duree',
            'fait': 'fait_sejours_duree',
            'membre': 'code_duree',
            'filtre': "code_categorie = 'TOURISTE' and code_provenance in ('NONLOCAL', 'ETRANGER')",
        },
        {
            'mesure': 'touristes_commune',
            'famille': 'lieu_activite_soir',
            'fait': 'fait_lieux',
            'membre': 'code_commune',
            'filtre': "type_lieu = 'activite_soir' and code_categorie = 'TOURISTE'"
                ~ " and code_provenance in ('NONLOCAL', 'ETRANGER')",
        },
    ]) }}
{%- endmacro %}

{#- The rows that count, of a fact that is called `alias`. -#}
{% macro filtre_de(cumul, alias) -%}
    {{ return(
        cumul.filtre
        | replace('code_', alias ~ '.code_')
        | replace('type_', alias ~ '.type_')
    ) }}
{%- endmacro %}

{#- Family -> fact of these measures. -#}
{% macro faits_par_membre() -%}
    {%- set faits = {} -%}
    {%- for cumul in mesures_par_membre() -%}
        {%- do faits.update({cumul.famille: cumul.fait}) -%}
    {%- endfor -%}
    {{ return(faits) }}
{%- endmacro %}

{#- Family -> fact of what is counted by day. -#}
{% macro faits_par_jour() -%}
    {{ return({'nuitee': 'fait_nuitees', 'diurne': 'fait_diurnes'}) }}
{%- endmacro %}

{#- Family -> fact of all that the tourism marts read. -#}
{% macro faits_du_tourisme() -%}
    {%- set faits = faits_par_jour() -%}
    {%- do faits.update(faits_par_membre()) -%}
    {{ return(faits) }}
{%- endmacro %}

{#- Family -> the fact of its consolidated volumes and the one of its provisional volumes. -#}
{% macro faits_provisoires() -%}
    {%- set faits = {'lieu_activite_soir': ['fait_lieux', 'fait_provisoires']} -%}
    {%- for base in ['nuitee', 'diurne', 'sejour_duree'] -%}
        {%- for detail in ['', '_departement', '_pays'] -%}
            {%- set fait = 'fait_' ~ {
                'nuitee': 'nuitees', 'diurne': 'diurnes', 'sejour_duree': 'sejours_duree'
            }[base] ~ (detail | replace('departement', 'departements')) -%}
            {%- do faits.update({base ~ detail: [fait, 'fait_provisoires']}) -%}
        {%- endfor -%}
    {%- endfor -%}
    {{ return(faits) }}
{%- endmacro %}

{#- Every family -> the slices, for what counts them. -#}
{% macro tranches_de_toutes_les_familles() -%}
    {%- set tranches = {} -%}
    {%- for famille in fluxvision_familles() -%}
        {%- do tranches.update({famille: 'int_fluxvision__tranches'}) -%}
    {%- endfor -%}
    {{ return(tranches) }}
{%- endmacro %}

{#- Evolution in %, one decimal: null when there is nothing to compare with. -#}
{% macro evolution(valeur, precedente) -%}
    cast(
        case
            when {{ precedente }} > 0
                then 100.0 * ({{ valeur }} - {{ precedente }}) / {{ precedente }}
        end as numeric(14, 1)
    )
{%- endmacro %}

{#- Share in %, one decimal, of a total that is above zero. -#}
{% macro part(volume, total) -%}
    cast(100.0 * {{ volume }} / {{ total }} as numeric(4, 1))
{%- endmacro %}

{#- Mean stay in nights, two decimals; the rows given must have a known number of nights. -#}
{% macro duree_moyenne(nuits, volume) -%}
    cast(1.0 * sum({{ nuits }} * {{ volume }}) / sum({{ volume }}) as numeric(6, 2))
{%- endmacro %}
