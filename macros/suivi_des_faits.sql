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

{#- The slices to read again: a query with famille, code_zone, date_jour, est_provisoire and
    _file_id (null when no file claims the slice any more). -#}
{% macro tranches_des_faits(faits) -%}
    select
        famille,
        code_zone,
        date_jour,
        est_provisoire,
        _file_id
    from {{ ref('int_fluxvision__tranches') }}
    where {{ est_tranche_changee(faits) }}
{%- endmacro %}

{% macro est_tranche_changee(faits) -%}
    {%- set producteurs = producteurs_de(faits) -%}
    {%- if rien_de_neuf(producteurs) -%}
        {{ return('false') }}
    {%- endif -%}
    {%- if est_reprise_totale(producteurs) -%}
        {{ return("famille in (" ~ litteraux(faits.keys()) ~ ")") }}
    {%- endif -%}
    {#- One condition per version applied: usually all families stand at the same. -#}
    {%- set familles_par_version = {} -%}
    {%- for famille, fait in faits.items() -%}
        {%- set versions = [] -%}
        {%- for producteur in ([fait] if fait is string else fait) -%}
            {%- do versions.append(versions_depuis(producteur)) -%}
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

{#- The condition that a day of a fact lies between the first and the last day to read again (of
    one `famille`, or of them all), whole steps included. The planner then reads these days only. -#}
{% macro jour_a_relire(colonne, faits, famille=none, pas='date_jour') -%}
    {%- if not execute or est_reprise_totale(producteurs_de(faits)) -%}
        {{ return('true') }}
    {%- endif -%}
    {%- set bornes = run_query(
        "select " ~ debut_du_pas(pas, 'min(date_jour)') ~ ", " ~ fin_du_pas(pas, 'max(date_jour)')
        ~ " from (" ~ tranches_des_faits(faits) ~ ") as tranches"
        ~ (" where famille = '" ~ famille ~ "'" if famille else "")
    ).rows[0] -%}
    {%- if bornes[0] is none -%}
        {{ return('false') }}
    {%- endif -%}
    {{ return(
        colonne ~ " between cast('" ~ bornes[0] ~ "' as date) and cast('" ~ bornes[1] ~ "' as date)"
    ) }}
{%- endmacro %}

{#- Pre-hook: forgets the steps (days, months or periods of two months) that hold a changed slice, in
    the transaction that writes them again. `pas` is also the name of the model's column that has
    the first day of the step; `famille` tells whether the model keeps families apart. -#}
{% macro oublier_les_pas(faits, pas='date_jour', famille=false) -%}
    {%- if execute and is_incremental() -%}
        {%- set producteurs = producteurs_de(faits) -%}
        {%- if est_reprise_totale(producteurs) -%}
            delete from {{ this }}
        {%- elif not rien_de_neuf(producteurs) %}
            delete from {{ this }}
            where ({{ 'famille, ' if famille }}code_zone, {{ pas }}) in (
                select
                    {{ 'famille, ' if famille }}code_zone,
                    {{ debut_du_pas(pas, 'date_jour') }}
                from ({{ tranches_des_faits(faits) }}) as tranches
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
