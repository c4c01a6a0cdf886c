{{ config(
    pre_hook="{{ oublier_tranches(['sejour_duree_pays']) }}",
    post_hook="{{ avancer_le_fait() }}",
) }}

{{ fait_tourisme(['sejour_duree_pays'], ['code_duree', 'code_pays']) }}
