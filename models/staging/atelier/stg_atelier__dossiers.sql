with dossiers as (
    select * from {{ ref('centres_usinage_dossiers') }}
),

centres as (
    select * from {{ ref('centres_usinage') }}
)

select
    {{ dossier_compare('dossiers.dossier') }} as dossier,
    centres.code_centre_usinage,
    {{ minutes_de('centres.debut_journee') }} as minutes_avant_journee
from dossiers
inner join centres on dossiers.code_centre_usinage = centres.code_centre_usinage
