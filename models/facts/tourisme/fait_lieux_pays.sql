{{ config(
    pre_hook="{{ oublier_tranches(familles_de_lieux('_pays'), lieu_de_la_tranche()) }}",
    post_hook="{{ avancer_le_fait() }}",
) }}

{{ fait_lieux_tourisme('_pays', ['code_pays']) }}
