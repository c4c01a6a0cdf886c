-- Raw tables of files that an earlier version made: the server fills in the run and the moment, since
-- they no longer travel with each row.

do $$
declare
    wanting record;
begin
    for wanting in
        select namespaces.nspname, classes.relname
        from pg_attribute as attributes
        inner join pg_class as classes on attributes.attrelid = classes.oid
        inner join pg_namespace as namespaces on classes.relnamespace = namespaces.oid
        where
            namespaces.nspname like 'raw\_%'
            and classes.relkind = 'r'
            and attributes.attname = '_run_id'
            and not attributes.atthasdef
            and pg_has_role(classes.relowner, 'usage')
    loop
        execute format(
            'alter table %I.%I alter column _run_id set default current_setting(%L, true),'
            ' alter column _loaded_at set default transaction_timestamp()',
            wanting.nspname, wanting.relname, 'entrepot.run_id'
        );
    end loop;
end
$$;
