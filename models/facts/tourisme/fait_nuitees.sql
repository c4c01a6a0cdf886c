{{ config(
    pre_hook="{{ oublier_tranches(['nuitee']) }}",
    post_hook="{{ avancer_le_fait() }}",
) }}

{{ fait_tourisme(['nuitee']) }}
