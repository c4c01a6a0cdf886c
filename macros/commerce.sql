{#- The day that counts as today for the wholesaler: `--vars '{date_du_jour: 2026-01-31}'`, else the
    current day in France. Only marts ask: a fact is the same on any day. -#}
{% macro aujourd_hui_commerce() -%}
    {%- if var('date_du_jour', none) -%}
        cast('{{ var("date_du_jour") }}' as date)
    {%- else -%}
        {{ adapter.dispatch('jour_en_france', 'entrepot')(dbt.current_timestamp()) }}
    {%- endif -%}
{%- endmacro %}

{% macro default__jour_en_france(moment) -%}
    cast(from_utc_timestamp({{ moment }}, 'Europe/Paris') as date)
{%- endmacro %}

{% macro postgres__jour_en_france(moment) -%}
    cast({{ moment }} at time zone 'Europe/Paris' as date)
{%- endmacro %}

{#- The week of a day as 2026-S47 (ISO), SANS_DATE without a day. -#}
{% macro code_de_semaine(annee, semaine) -%}
    coalesce(
        cast({{ annee }} as {{ dbt.type_string() }})
        || '-S' || lpad(cast({{ semaine }} as {{ dbt.type_string() }}), 2, '0'),
        'SANS_DATE'
    )
{%- endmacro %}

{#- Share in %, two decimals; null where there is nothing above 0 to share. Wide enough for a price that
    somebody typed in the wrong field: a slip of the pen must not stop a build. -#}
{% macro taux_commerce(partie, total) -%}
    cast(
        100.0 * ({{ partie }}) / case when ({{ total }}) > 0 then ({{ total }}) end
        as numeric(38, 2)
    )
{%- endmacro %}

{#- An amount of some lines added up; 0 without any. -#}
{% macro montant_total(montant, condition=none) -%}
    {%- set somme = "sum(case when " ~ condition ~ " then " ~ montant ~ " end)" if condition
        else "sum(" ~ montant ~ ")" -%}
    cast(coalesce({{ somme }}, 0) as numeric(38, 2))
{%- endmacro %}

{#- What the marts count of order lines (`fait_lignes_commande`), whatever they group by. `est_en_retard`
    is on each line: it depends on the day. -#}
{% macro indicateurs_lignes() -%}
    count(*) as nb_lignes,
    {{ montant_total('montant_ht') }} as montant_ht,
    {{ montant_total('montant_restant') }} as montant_restant,
    {{ montant_total('marge') }} as marge,
    {{ taux_commerce(
        'sum(marge)', 'sum(case when marge is not null then montant_ht end)'
    ) }} as taux_marge,
    sum(case when marge is null then 1 else 0 end) as nb_lignes_sans_marge,
    sum(case when est_en_retard then 1 else 0 end) as nb_lignes_en_retard,
    {{ montant_total('montant_ht', 'est_en_retard') }} as montant_en_retard,
    {{ montant_total('montant_restant', 'est_en_retard') }} as montant_restant_en_retard,
    sum(case when est_gratuit then 1 else 0 end) as nb_lignes_gratuites,
    sum(case when est_retour then 1 else 0 end) as nb_retours,
    {{ montant_total('montant_ht', 'est_retour') }} as montant_retours
{%- endmacro %}
