{{ config(
    pre_hook="{{ oublier_tranches(['sejour_duree_departement']) }}",
    post_hook="{{ avancer_le_fait() }}",
) }}

{{ fait_tourisme(['sejour_duree_departement'], ['code_duree', 'code_departement']) }}
