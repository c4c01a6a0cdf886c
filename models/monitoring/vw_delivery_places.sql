with places as (
    select
        cast(null as {{ dbt.type_string() }}) as source,
        cast(null as {{ dbt.type_string() }}) as place,
        cast(null as {{ dbt.type_string() }}) as label,
        cast(null as date) as valid_from,
        cast(null as date) as valid_to
    {% if 'fluxvision' in var('sources') -%}
        union all
        select
            'fluxvision' as source,
            perimetres.code_zone as place,
            libelles.libelle as label,
            perimetres.valide_du as valid_from,
            perimetres.valide_au as valid_to
        from {{ ref('zones_perimetres') }} as perimetres
        inner join {{ ref('stg_fluxvision__libelles_connus') }} as libelles
            on
                perimetres.code_zone = libelles.code
                and libelles.nature = 'zone'
        where
            perimetres.code_zone in (
                select zones.code_zone from {{ ref('zones') }} as zones
                where zones.est_publiee
            )
    {%- endif %}
    {% if 'atelier' in var('sources') -%}
        union all
        select
            'atelier' as source,
            centres.code_centre_usinage as place,
            dossiers.dossier as label,
            cast('1900-01-01' as date) as valid_from,
            cast(null as date) as valid_to
        from {{ ref('centres_usinage') }} as centres
        inner join {{ ref('stg_atelier__dossiers') }} as dossiers
            on centres.code_centre_usinage = dossiers.code_centre_usinage
        where centres.actif
    {%- endif %}
)

select
    source,
    place,
    label,
    valid_from,
    valid_to
from places
where source is not null
