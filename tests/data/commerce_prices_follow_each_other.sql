-- The prices of a supplier and product follow each other: each holds until the day on
-- which the next one begins, so that every day has exactly one.
{{ config(enabled='erp' in var('sources')) }}

with prix as (
    select
        *,
        lead(date_prix) over (
            partition by code_fournisseur_source, code_produit_source order by rang_prix
        ) as date_suivante,
        row_number() over (
            partition by code_fournisseur_source, code_produit_source
            order by date_prix, date_fin nulls last, rang_prix
        ) as rang_attendu
    from {{ ref('fait_prix_achat') }}
    where numero_palier = 0
)

select
    cle_prix,
    date_prix,
    date_fin,
    date_suivante,
    rang_prix,
    rang_attendu
from prix
where
    rang_prix <> rang_attendu
    or date_fin is distinct from date_suivante
    or est_dernier <> (date_suivante is null)
