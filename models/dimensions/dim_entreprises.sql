with historique as (
    select * from {{ ref('snap_sigeti__entreprises') }}
),

domaines as (
    select * from {{ ref('dim_domaines_activites') }}
),

versions as (
    select
        {{ colonnes_entreprises() }},
        dbt_valid_from,
        dbt_valid_to
    from historique
    where {{ motif_de_rejet('entreprises') }} is null
)

select
    {{ colonnes_de_version('versions', 'id_entreprise', 'cle_entreprise') }},
    cast(versions.id_entreprise as {{ dbt.type_string() }}) as code_entreprise,
    versions.raison_sociale,
    versions.registre_commerce,
    versions.forme_juridique,
    coalesce(domaines.code_domaine, 'INCONNU') as code_domaine,
    versions.date_constitution,
    versions.date_creation
from versions
left join domaines
    on versions.id_domaine = domaines.id_domaine
{% for code, nom in {
    'INCONNU': 'Inconnue', 'TOUTES': 'Toutes les entreprises'
}.items() -%}
    union all
    select
        {{ colonnes_de_membre(code, 'cle_entreprise') }},
        '{{ code }}' as code_entreprise,
        '{{ nom }}' as raison_sociale,
        cast(null as {{ dbt.type_string() }}) as registre_commerce,
        cast(null as {{ dbt.type_string() }}) as forme_juridique,
        'INCONNU' as code_domaine,
        cast(null as date) as date_constitution,
        cast(null as date) as date_creation
{% endfor %}
