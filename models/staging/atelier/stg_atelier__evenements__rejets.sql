{{ lignes_atelier() }}

select
    _file_id,
    _row_number,
    dossier,
    fichier,
    motif,
    ligne,
    _run_id
from lignes_motivees
where motif is not null
