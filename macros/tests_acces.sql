{#- What lets a reader see more than its row policies: one row per fault. -#}
{% macro passages_sans_politique() -%}
    {{ return(adapter.dispatch('passages_sans_politique', 'entrepot')()) }}
{%- endmacro %}

{% macro postgres__passages_sans_politique() -%}
    with relations as (
        select
            classe.oid,
            classe.relkind,
            classe.relrowsecurity and classe.relforcerowsecurity as a_des_politiques,
            (
                select count(*) = 2 from pg_options_to_table(classe.reloptions) as choix
                where
                    choix.option_name in ('security_invoker', 'security_barrier')
                    and cast(choix.option_value as boolean)
            ) as lit_comme_le_lecteur,
            exists (
                select 1 from aclexplode(classe.relacl) as droit
                where droit.grantee <> classe.relowner
            ) as est_partagee,
            has_any_column_privilege('entrepot_zone_reader', classe.oid, 'select')
            as est_lue_par_zone
        from pg_class as classe
        inner join pg_namespace as schema_ on classe.relnamespace = schema_.oid
        where
            classe.relkind in ('r', 'p', 'v', 'm', 'f')
            and schema_.nspname not in ('pg_catalog', 'information_schema')
    )

    select cast(cast(oid as regclass) as text) as objet, 'owner''s view' as faute
    from relations
    where relkind = 'v' and est_partagee and not lit_comme_le_lecteur
    union all
    select cast(cast(oid as regclass) as text), 'no row policy'
    from relations
    where est_lue_par_zone and relkind <> 'v' and not a_des_politiques
    union all
    select cast(cast(oid as regprocedure) as text), 'definer function'
    from pg_proc
    where
        prosecdef
        and pronamespace <> cast('pg_catalog' as regnamespace)
        and has_function_privilege('entrepot_zone_reader', oid, 'execute')
{%- endmacro %}
