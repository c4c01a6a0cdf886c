-- On one day a zone has one perimeter.
with perimetres as (
    select
        code_zone,
        valide_du,
        valide_au,
        lead(valide_du) over (partition by code_zone order by valide_du) as suivant_du
    from {{ ref('dim_zone_perimetre') }}
)

select * from perimetres
where
    valide_au <= valide_du or (suivant_du is not null and valide_au > suivant_du)
    or (suivant_du is not null and valide_au is null)
