with places as (
    select
        cast(null as {{ dbt.type_string() }}) as source_name,
        cast(null as {{ dbt.type_string() }}) as place,
        cast(null as {{ dbt.type_string() }}) as place_label,
        cast(null as date) as valid_from,
        cast(null as date) as valid_to
    {% if 'fluxvision' in var('sources') -%}
        union all
        select
            'fluxvision' as source_name,
            perimetres.code_zone as place,
            libelles.libelle as place_label,
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
            'atelier' as source_name,
            centres.code_centre_usinage as place,
            dossiers.dossier as place_label,
            cast('1900-01-01' as date) as valid_from,
            cast(null as date) as valid_to
        from {{ ref('centres_usinage') }} as centres
        inner join {{ ref('stg_atelier__dossiers') }} as dossiers
            on centres.code_centre_usinage = dossiers.code_centre_usinage
        where centres.actif
    {%- endif %}
)

select
    source_name,
    place,
    place_label,
    valid_from,
    valid_to
from places
where source_name is not null
