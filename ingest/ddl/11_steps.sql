-- A run log that an earlier version made: it did not know all steps of today.

do $$
begin
    if exists (
        select 1 from pg_constraint
        where
            conrelid = 'etl.run_log'::regclass
            and conname = 'run_log_step_check'
            and pg_get_constraintdef(oid) not like '%''audit''%'
    ) then
        alter table etl.run_log drop constraint run_log_step_check;
        alter table etl.run_log add constraint run_log_step_check check (
            step in (
                'list', 'extract', 'load', 'snapshot', 'build', 'test', 'grants', 'profile', 'purge',
                'erase', 'validate', 'withdraw', 'archive', 'replay', 'backup', 'restore', 'audit'
            )
        );
    end if;
end
$$;
