{{ config(
    pre_hook="{{ oublier_tranches(['nuitee_pays']) }}",
    post_hook="{{ avancer_le_fait() }}",
) }}

{{ fait_tourisme(['nuitee_pays'], ['code_pays']) }}
