{#- Models that add up slices of several facts. `faits` maps each family that they read to the fact
    that holds it; what changed is what the slices say since the version of that fact that the
    model has applied (see `filigranes.sql`). -#}

{#- The slices to read again: a query with famille, code_zone, date_jour, est_provisoire and
    _file_id (null when no file claims the slice any more). -#}
{% macro tranches_des_faits(faits) -%}
    select famille, code_zone, date_jour, est_provisoire, _file_id
    from {{ ref('int_fluxvision__tranches') }}
    where {{ est_tranche_changee(faits) }}
{%- endmacro %}

{% macro est_tranche_changee(faits) -%}
    {%- set producteurs = faits.values() | list -%}
    {%- if rien_de_neuf(producteurs) -%}
        {{ return('false') }}
    {%- endif -%}
    {%- if est_reprise_totale(producteurs) -%}
        {{ return("famille in (" ~ litteraux(faits.keys()) ~ ")") }}
    {%- endif -%}
    {%- set conditions = [] -%}
    {%- for famille, fait in faits.items() -%}
        {%- do conditions.append(
            "(famille = '" ~ famille ~ "' and version > " ~ versions_depuis(fait) ~ ")"
        ) -%}
    {%- endfor -%}
    {{ return("(" ~ conditions | join(" or ") ~ ")") }}
{%- endmacro %}

{#- The condition that a day of a fact lies between the first and the last day to read again (of
    one `famille`, or of them all); with `par_mois`, between the months of these days. The planner
    then reads these days only. -#}
{% macro jour_a_relire(colonne, faits, famille=none, par_mois=false) -%}
    {%- if not execute or est_reprise_totale(faits.values() | list) -%}
        {{ return('true') }}
    {%- endif -%}
    {%- set premier = premier_du_mois('min(date_jour)') if par_mois else 'min(date_jour)' -%}
    {%- set dernier = dernier_du_mois('max(date_jour)') if par_mois else 'max(date_jour)' -%}
    {%- set bornes = run_query(
        "select " ~ premier ~ ", " ~ dernier
        ~ " from (" ~ tranches_des_faits(faits) ~ ") as tranches"
        ~ (" where famille = '" ~ famille ~ "'" if famille)
    ).rows[0] -%}
    {%- if bornes[0] is none -%}
        {{ return('false') }}
    {%- endif -%}
    {{ return(
        colonne ~ " between cast('" ~ bornes[0] ~ "' as date) and cast('" ~ bornes[1] ~ "' as date)"
    ) }}
{%- endmacro %}

{#- Pre-hook: forgets the days (or, with `par_mois`, the months) that hold a changed slice, in the
    transaction that writes them again. `famille` tells whether the model keeps families apart. -#}
{% macro oublier_jours(faits, famille=false, par_mois=false) -%}
    {%- if execute and is_incremental() -%}
        {%- set producteurs = faits.values() | list -%}
        {%- if est_reprise_totale(producteurs) -%}
            delete from {{ this }}
        {%- elif not rien_de_neuf(producteurs) -%}
            {%- set pas = 'mois' if par_mois else 'date_jour' %}
            delete from {{ this }}
            where ({{ 'famille, ' if famille }}code_zone, {{ pas }}) in (
                select
                    {{ 'famille, ' if famille }}code_zone,
                    {{ premier_du_mois('date_jour') if par_mois else 'date_jour' }}
                from ({{ tranches_des_faits(faits) }}) as tranches
            )
        {%- endif -%}
    {%- endif -%}
{%- endmacro %}

{% macro premier_du_mois(jour) -%}
    cast({{ dbt.date_trunc('month', jour) }} as date)
{%- endmacro %}

{% macro dernier_du_mois(jour) -%}
    cast({{ dbt.last_day(jour, 'month') }} as date)
{%- endmacro %}
