{{ lignes_atelier() }}

select
    _file_id,
    _row_number,
    dossier,
    fichier,
    code_centre_usinage,
    date_production,
    horodatage,
    type_evenement,
    details,
    duree_secondes,
    reference,
    {{ lire_longueur(mot_du_profil('lignes_motivees', 'L: *([^ ]+)')) }} as longueur,
    {{ mot_du_profil('lignes_motivees', 'C: *([^ :]+)(?: |$)') }} as couleur,
    {{ mot_du_profil('lignes_motivees', 'G ([^ ]+)') }} as famille_profil,
    ligne,
    _run_id
from lignes_motivees
where motif is null
