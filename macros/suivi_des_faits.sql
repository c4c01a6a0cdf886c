{#- Models that add up slices of several facts. `faits` maps each family that they read to what
    holds it (a fact, several, or `int_fluxvision__tranches` for those that only count slices);
    what changed is what the slices say since the version of these that the model has applied (see
    `filigranes.sql`). -#}

{#- What holds the families, each once. -#}
{% macro producteurs_de(faits) -%}
    {%- set producteurs = [] -%}
    {%- for fait in faits.values() -%}
        {%- do producteurs.extend([fait] if fait is string else fait) -%}
    {%- endfor -%}
    {{ return(producteurs | unique | list) }}
{%- endmacro %}

{#- What a model has to read again: `total` (everything), `condition` (which slices, as SQL), and
    `bornes` (family -> first and last day of these slices; only when not everything). Asked once
    per model: each question is a round trip to the watermarks. -#}
{% macro suivre(faits) -%}
    {%- set producteurs = producteurs_de(faits) -%}
    {%- if not execute or est_reprise_totale(producteurs) -%}
        {{ return({
            'total': true,
            'condition': "famille in (" ~ litteraux(faits.keys()) ~ ")",
            'bornes': {},
        }) }}
    {%- endif -%}
    {%- if rien_de_neuf(producteurs) -%}
        {{ return({'total': false, 'condition': 'false', 'bornes': {}}) }}
    {%- endif -%}
    {%- set condition = tranches_depuis(faits) -%}
    {%- set bornes = {} -%}
    {%- for famille, premier, dernier in run_query(
        "select famille, min(date_jour), max(date_jour) from " ~ ref('int_fluxvision__tranches')
        ~ " where " ~ condition ~ " group by famille"
    ).rows -%}
        {%- do bornes.update({famille: [premier, dernier]}) -%}
    {%- endfor -%}
    {{ return({'total': false, 'condition': condition, 'bornes': bornes}) }}
{%- endmacro %}

{#- One condition per version applied: usually all families stand at the same. -#}
{% macro tranches_depuis(faits) -%}
    {%- set depuis = {} -%}
    {%- for producteur in producteurs_de(faits) -%}
        {%- do depuis.update({producteur: versions_depuis(producteur)}) -%}
    {%- endfor -%}
    {%- set familles_par_version = {} -%}
    {%- for famille, fait in faits.items() -%}
        {%- set versions = [] -%}
        {%- for producteur in ([fait] if fait is string else fait) -%}
            {%- do versions.append(depuis[producteur]) -%}
        {%- endfor -%}
        {%- do familles_par_version.setdefault(versions | min, []).append(famille) -%}
    {%- endfor -%}
    {%- set conditions = [] -%}
    {%- for version, familles in familles_par_version.items() -%}
        {%- do conditions.append(
            "(version > " ~ version ~ " and famille in (" ~ litteraux(familles) ~ "))"
        ) -%}
    {%- endfor -%}
    {{ return("(" ~ conditions | join(" or ") ~ ")") }}
{%- endmacro %}

{#- The slices to read again: a query with famille, code_zone, date_jour, est_provisoire and
    _file_id (null when no file claims the slice any more). -#}
{% macro tranches_a_relire(suivi) -%}
    select
        famille,
        code_zone,
        date_jour,
        est_provisoire,
        _file_id
    from {{ ref('int_fluxvision__tranches') }}
    where {{ suivi.condition }}
{%- endmacro %}

{#- The condition that a day of a fact lies between the first and the last day to read again (of
    one `famille`, or of them all), whole steps included. The planner then reads these days only. -#}
{% macro jour_a_relire(colonne, suivi, famille=none, pas='date_jour') -%}
    {%- if suivi.total -%}
        {{ return('true') }}
    {%- endif -%}
    {%- set bornes = [suivi.bornes[famille]] if famille in suivi.bornes
        else (suivi.bornes.values() | list if famille is none else []) -%}
    {%- if bornes | length == 0 -%}
        {{ return('false') }}
    {%- endif -%}
    {%- set premier = "cast('" ~ (bornes | map('first') | min) ~ "' as date)" -%}
    {%- set dernier = "cast('" ~ (bornes | map('last') | max) ~ "' as date)" -%}
    {{ return(
        colonne ~ " between " ~ debut_du_pas(pas, premier) ~ " and " ~ fin_du_pas(pas, dernier)
    ) }}
{%- endmacro %}

{#- Pre-hook: forgets the steps (days, months or periods of two months) that hold a changed slice, in
    the transaction that writes them again. `pas` is also the name of the model's column that has
    the first day of the step; `famille` tells whether the model keeps families apart. -#}
{% macro oublier_les_pas(faits, pas='date_jour', famille=false) -%}
    {%- if execute and is_incremental() -%}
        {%- set suivi = suivre(faits) -%}
        {%- if suivi.total -%}
            delete from {{ this }}
        {%- elif suivi.condition != 'false' %}
            delete from {{ this }}
            where ({{ 'famille, ' if famille }}code_zone, {{ pas }}) in (
                select
                    {{ 'famille, ' if famille }}code_zone,
                    {{ debut_du_pas(pas, 'date_jour') }}
                from ({{ tranches_a_relire(suivi) }}) as tranches
            )
        {%- endif -%}
    {%- endif -%}
{%- endmacro %}

{#- First day of the step that holds a day: date_jour, mois, or bimestre (January and February, and
    so on). -#}
{% macro debut_du_pas(pas, jour) -%}
    {%- if pas == 'date_jour' -%}
        {{ return(jour) }}
    {%- endif -%}
    {%- set mois = dbt.date_trunc('month', jour) -%}
    {%- if pas == 'bimestre' -%}
        {%- set recul = "-mod(cast(extract(month from " ~ jour ~ ") as integer) - 1, 2)" -%}
        {%- set mois = dbt.dateadd('month', recul, mois) -%}
    {%- endif -%}
    {{ return("cast(" ~ mois ~ " as date)") }}
{%- endmacro %}

{#- Last day of the step that holds a day. -#}
{% macro fin_du_pas(pas, jour) -%}
    {%- if pas == 'date_jour' -%}
        {{ return(jour) }}
    {%- endif -%}
    {%- set suivant = dbt.dateadd('month', 2 if pas == 'bimestre' else 1, debut_du_pas(pas, jour)) -%}
    {{ return("cast(" ~ dbt.dateadd('day', -1, suivant) ~ " as date)") }}
{%- endmacro %}

{#- 2024B3 for 1 May 2024. -#}
{% macro code_du_bimestre(bimestre) -%}
    cast(cast(extract(year from {{ bimestre }}) as integer) as {{ dbt.type_string() }})
    || 'B'
    || cast(
        cast((extract(month from {{ bimestre }}) + 1) / 2 as integer) as {{ dbt.type_string() }}
    )
{%- endmacro %}
