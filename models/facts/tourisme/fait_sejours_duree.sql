{{ config(
    pre_hook="{{ oublier_tranches(['sejour_duree']) }}",
    post_hook="{{ avancer_le_fait() }}",
) }}

{{ fait_tourisme(['sejour_duree'], ['code_duree']) }}
