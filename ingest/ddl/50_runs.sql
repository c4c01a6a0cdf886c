-- What the last good build of `entrepot run` has seen of each source table: a table is built again
-- when its state is another one. `*` stands for the project's own files and for the day.

create table if not exists etl.built_states (
    source text not null,
    table_name text not null,
    state text not null,
    built_at timestamptz not null default clock_timestamp(),
    primary key (source, table_name)
);
-- When rows of a table last changed, or a delivery was withdrawn, is asked before every build. (Two
-- indexes bore the older name, so that one of them was never made.)
drop index if exists etl.run_log_changes;
create index if not exists run_log_states
on etl.run_log (source, table_name, logged_at)
where (step in ('load', 'purge', 'erase') and rows > 0) or step = 'withdraw';
grant select on etl.built_states to entrepot_transformer;
