{{ config(
    materialized='incremental',
    incremental_strategy='append',
    on_schema_change='fail',
    pre_hook="{{ oublier_les_pas(faits_par_jour(), famille=true) }}",
    post_hook="{{ appliquer(faits_par_jour().values()) }}",
) }}
{%- set suivi = suivre(faits_par_jour()) %}

with tranches as (
    select * from ({{ tranches_a_relire(suivi) }}) as changees
    where _file_id is not null
),

volumes_par_jour as (
    {% for famille, fait in faits_par_jour().items() -%}
        {% if not loop.first -%}
            union all
        {% endif -%}
        select
            '{{ famille }}' as famille,
            code_zone,
            date_jour,
        {% for nom, categorie in {
            'touristes': 'TOURISTE', 'excursionnistes': 'EXCURSIONNISTE'
        }.items() -%}
                sum(case when code_categorie = '{{ categorie }}' then volume else 0 end)
                    as {{ nom }},
                sum(
                    case
                        when
                            code_categorie = '{{ categorie }}'
                            and code_provenance = 'NONLOCAL'
                            then volume
                        else 0
                    end
                ) as {{ nom }}_francais,
            {% endfor -%}
            sum(volume) as presences,
            max(_run_id) as _run_id
        from {{ ref(fait) }}
        where
            code_provenance in ('NONLOCAL', 'ETRANGER')
            and {{ jour_a_relire('date_jour', suivi, famille) }}
        group by code_zone, date_jour
    {% endfor %}
)

select
    tranches.famille,
    tranches.code_zone,
    tranches.date_jour,
    {% for nom in [
        'touristes', 'touristes_francais', 'excursionnistes', 'excursionnistes_francais',
        'presences'
    ] -%}
        cast(coalesce(volumes.{{ nom }}, 0) as bigint) as {{ nom }},
    {% endfor -%}
    tranches.est_provisoire,
    volumes._run_id
from tranches
left join volumes_par_jour as volumes
    on
        tranches.famille = volumes.famille
        and tranches.code_zone = volumes.code_zone
        and tranches.date_jour = volumes.date_jour
