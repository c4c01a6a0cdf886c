{{ config(
    pre_hook="{{ oublier_tranches(['nuitee_departement']) }}",
    post_hook="{{ avancer_le_fait() }}",
) }}

{{ fait_tourisme(['nuitee_departement'], ['code_departement']) }}
