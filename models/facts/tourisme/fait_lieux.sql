{{ config(
    pre_hook="{{ oublier_tranches(familles_de_lieux()) }}",
    post_hook="{{ avancer_le_fait() }}",
) }}

{{ fait_lieux_tourisme() }}
