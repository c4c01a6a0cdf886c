{{ config(
    materialized='incremental',
    incremental_strategy='difference',
    unique_key='code_zone_industrielle',
    tags=['daily'],
) }}

with zones as (
    select * from {{ ref('dim_zones_industrielles') }}
    where code_zone_industrielle <> 'PLUSIEURS'
),

seuils as (
    select * from {{ ref('dim_seuils_sigeti') }}
),

-- The status decides who holds a lot, not the company that its row names; reserved is a
-- free lot whose option still runs.
lots as (
    select
        *,
        case
            when statut_lot = 'OCCUPE' then 'ATTRIBUE'
            when coalesce(statut_lot, 'INCONNU') <> 'DISPONIBLE' then 'AUTRE'
            when date_reservation is null then 'DISPONIBLE'
            when date_fin_option < {{ aujourd_hui() }} then 'DISPONIBLE'
            else 'RESERVE'
        end as etat
    from {{ ref('dim_lots') }}
    where est_courant and code_lot <> 'INCONNU'
),

lots_par_zone as (
    select
        code_zone_industrielle,
        count(*) as nb_lots,
        sum(superficie_m2) as superficie_lots,
        {% for etat, nombre, superficie in [
            ('DISPONIBLE', 'nb_lots_disponibles', 'superficie_disponible'),
            ('ATTRIBUE', 'nb_lots_attribues', 'superficie_attribuee'),
            ('RESERVE', 'nb_lots_reserves', 'superficie_reservee'),
        ] -%}
            count(*) filter (where etat = '{{ etat }}') as {{ nombre }},
            coalesce(sum(superficie_m2) filter (where etat = '{{ etat }}'), 0)
                as {{ superficie }},
        {% endfor -%}
        sum(prix) as valeur_lots,
        coalesce(sum(prix) filter (where etat = 'DISPONIBLE'), 0) as valeur_disponible,
        sum(prix) filter (where superficie_m2 > 0) as prix_mesures,
        sum(superficie_m2) filter (where prix is not null) as superficie_chiffree,
        count(*) filter (where est_viabilise) as nb_lots_viabilises
    from lots
    group by code_zone_industrielle
),

demandes as (
    select
        code_zone_industrielle,
        {{ indicateurs_demandes() }},
        max(_run_id) as _run_id
    from {{ ref('fait_attributions') }}
    group by code_zone_industrielle
)

select
    zones.code_zone_industrielle,
    zones.nom_zone_industrielle,
    zones.statut_zone,
    zones.superficie_m2 as superficie_zone,
    zones.lots_disponibles_declares as nb_lots_declares,
    {{ zero_sans('lots', [
        'nb_lots', 'nb_lots_disponibles', 'nb_lots_attribues', 'nb_lots_reserves',
        'superficie_lots', 'superficie_disponible', 'superficie_attribuee',
        'superficie_reservee', 'valeur_lots', 'valeur_disponible', 'nb_lots_viabilises',
    ]) }},
    {{ pourcentage('lots.nb_lots_attribues', 'lots.nb_lots') }} as taux_occupation,
    {{ pourcentage('lots.superficie_attribuee', 'lots.superficie_lots') }}
        as taux_occupation_surface,
    {{ classe_de('occupation', pourcentage('lots.nb_lots_attribues', 'lots.nb_lots')) }}
        as niveau_occupation,
    {{ est_en_alerte('alerte_occupation', pourcentage(
        'lots.nb_lots_attribues', 'lots.nb_lots'
    )) }} as est_alerte_occupation,
    cast(lots.prix_mesures / nullif(lots.superficie_chiffree, 0) as numeric(17, 2))
        as prix_moyen_m2,
    {{ pourcentage('lots.nb_lots_viabilises', 'lots.nb_lots') }} as taux_viabilisation,
    {{ zero_sans('demandes', [
        'nb_demandes', 'nb_demandes_approuvees', 'nb_demandes_rejetees',
        'nb_demandes_en_attente', 'superficie_demandee', 'nb_demandes_hors_delai',
    ]) }},
    demandes.delai_moyen_traitement_jours,
    {{ classe_de('delai', 'demandes.delai_moyen_traitement_jours') }} as niveau_delai,
    demandes.age_moyen_demandes_jours,
    demandes.taux_approbation,
    demandes._run_id
from zones
left join lots_par_zone as lots
    on zones.code_zone_industrielle = lots.code_zone_industrielle
left join demandes
    on zones.code_zone_industrielle = demandes.code_zone_industrielle
