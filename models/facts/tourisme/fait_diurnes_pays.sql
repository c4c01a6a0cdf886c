{{ config(
    pre_hook="{{ oublier_tranches(['diurne_pays']) }}",
    post_hook="{{ avancer_le_fait() }}",
) }}

{{ fait_tourisme(['diurne_pays'], ['code_pays']) }}
