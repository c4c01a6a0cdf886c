with landing_rejects as (
    select * from {{ source('etl', 'rejects') }}
),

file_ledger as (
    select
        _file_id,
        max(path) as file_path
    from {{ source('etl', 'file_ledger') }}
    where status in ('landed', 'superseded')
    group by _file_id
)

select
    'landing' as step,
    source as source_name,
    table_name,
    reason,
    _file_id,
    path as file_path,
    row_number as record_number,
    line_number,
    raw_text,
    run_id
from landing_rejects
{% for table in fluxvision_tables() if 'fluxvision' in var('sources') -%}
    union all
    select
        'staging' as step,
        'fluxvision' as source_name,
        '{{ table }}' as table_name,
        rejets.motif as reason,
        rejets._file_id,
        file_ledger.file_path,
        rejets._row_number as record_number,
        cast(null as bigint) as line_number,
        rejets.ligne as raw_text,
        rejets._run_id as run_id
    from {{ ref('stg_fluxvision__' ~ fluxvision_entite(table) ~ '__rejets') }} as rejets
    left join file_ledger
        on rejets._file_id = file_ledger._file_id
{% endfor %}
{% set jugees = entites_sigeti_jugees() if 'sigeti' in var('sources') else {} -%}
{% for entite, table in jugees.items() -%}
    union all
    select
        'staging' as step,
        'sigeti' as source_name,
        '{{ table }}' as table_name,
        motif as reason,
        cast(null as {{ dbt.type_string() }}) as _file_id,
        cast(null as {{ dbt.type_string() }}) as file_path,
        id_ligne as record_number,
        cast(null as bigint) as line_number,
        cast(null as {{ dbt.type_string() }}) as raw_text,
        _run_id as run_id
    from {{ ref('stg_sigeti__' ~ entite ~ '__rejets') }}
{% endfor %}
{% for table in entites_erp_jugees() if 'erp' in var('sources') -%}
    union all
    select
        'staging' as step,
        'erp' as source_name,
        '{{ table }}' as table_name,
        motif as reason,
        cast(null as {{ dbt.type_string() }}) as _file_id,
        cast(null as {{ dbt.type_string() }}) as file_path,
        id_ligne as record_number,
        cast(null as bigint) as line_number,
        -- Where the key is no number, it stands here.
        case when id_ligne is null then cle_ligne end as raw_text,
        _run_id as run_id
    from {{ ref('stg_erp__' ~ table ~ '__rejets') }}
{% endfor %}
{% if 'atelier' in var('sources') -%}
    union all
    select
        'staging' as step,
        'atelier' as source_name,
        'lignes_log' as table_name,
        rejets.motif as reason,
        rejets._file_id,
        file_ledger.file_path,
        rejets._row_number as record_number,
        rejets._row_number as line_number,
        rejets.ligne as raw_text,
        rejets._run_id as run_id
    from {{ ref('stg_atelier__evenements__rejets') }} as rejets
    left join file_ledger
        on rejets._file_id = file_ledger._file_id
{%- endif %}
{% set jugees = entites_commandes_jugees() if 'commandes' in var('sources') else {} -%}
{% for entite, table in jugees.items() -%}
    union all
    select
        'staging' as step,
        'commandes' as source_name,
        '{{ table }}' as table_name,
        motif as reason,
        cast(null as {{ dbt.type_string() }}) as _file_id,
        cast(null as {{ dbt.type_string() }}) as file_path,
        cast(null as bigint) as record_number,
        cast(null as bigint) as line_number,
        cle_ligne as raw_text,
        _run_id as run_id
    from {{ ref('stg_commandes__' ~ entite ~ '__rejets') }}
{% endfor %}
