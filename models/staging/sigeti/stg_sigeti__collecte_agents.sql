with source as (
    select * from {{ source('sigeti', 'collecte_agents') }}
),

renamed as (
    select
        id as id_collecte_agent,
        collecte_id as id_collecte,
        agent_id as id_agent,
        {{ code_lu('role') }} as role_agent
    from source
)

select * from renamed
