{{ config(
    pre_hook="{{ oublier_tranches(['diurne']) }}",
    post_hook="{{ avancer_le_fait() }}",
) }}

{{ fait_tourisme(['diurne']) }}
