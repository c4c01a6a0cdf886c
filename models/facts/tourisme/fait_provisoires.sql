{{ config(
    pre_hook="{{ oublier_tranches(
        familles_du_fait('fait_provisoires'), 'changees.famille = fait_provisoires.famille'
    ) }}",
    post_hook="{{ avancer_le_fait() }}",
) }}

{{ fait_des_provisoires() }}
