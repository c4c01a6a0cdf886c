-- Statuses, and codes that begin like a box of one word, are those that a person has
-- seen. Another status is not retained and such a code is no box: it warns here.
{{ config(enabled='commandes' in var('sources'), severity='warn') }}

with statuts as (
    select {{ libelle_normalise('libelle') }} as libelle
    from {{ ref('statuts_commandes') }}
),

status_lus as (
    select
        status,
        {{ libelle_normalise('status') }} as status_normalise
    from {{ ref('stg_commandes__entetes') }}
    where status is not null
),

familles as (
    select * from {{ ref('familles_coffres') }}
)

select
    'status' as colonne,
    lus.status as valeur,
    count(*) as lignes
from status_lus as lus
where
    not exists (
        select 1 from statuts
        where {{ est_du_statut('lus.status_normalise', 'statuts.libelle') }}
    )
group by lus.status

union all

select
    'code_accessoire' as colonne,
    accessoires.code_accessoire as valeur,
    count(*) as lignes
from {{ ref('stg_commandes__accessoires') }} as accessoires
where
    exists (
        select 1 from familles
        where
            familles.chiffre_accole
            and substr(accessoires.code_accessoire, 1, length(familles.code_famille))
            = familles.code_famille
    )
    and not exists (
        select 1 from familles
        where {{ est_de_la_famille(
            'accessoires.code_accessoire',
            'familles.code_famille',
            'familles.chiffre_accole',
        ) }}
    )
group by accessoires.code_accessoire
