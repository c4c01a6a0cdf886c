{{ config(
    pre_hook="{{ oublier_tranches(['diurne_departement']) }}",
    post_hook="{{ avancer_le_fait() }}",
) }}

{{ fait_tourisme(['diurne_departement'], ['code_departement']) }}
