-- Each price of the history is a row for its reference, and one for each quantity break
-- that is used.
{{ config(
    enabled=var('audit', false) and 'erp' in var('sources'), tags=['audit']
) }}
{%- set colonnes = 'cle_prix, numero_palier, date_prix, quantite_minimum, prix_achat' %}

with prix as (
    select * from {{ ref('stg_erp__hisprixa') }}
),

attendus as (
    select
        cle_prix,
        0 as numero_palier,
        date_prix,
        cast(0 as numeric(17, 3)) as quantite_minimum,
        prix_achat_reference as prix_achat
    from prix
    {% for palier in range(1, 11) -%}
        union all
        select
            cle_prix,
            {{ palier }} as numero_palier,
            date_prix,
            quantite_palier_{{ palier }} as quantite_minimum,
            prix_palier_{{ palier }} as prix_achat
        from prix
        where quantite_palier_{{ palier }} > 0
    {% endfor %}
)

{{ differences(
    colonnes, 'select * from attendus', 'select * from ' ~ ref('fait_prix_achat')
) }}
