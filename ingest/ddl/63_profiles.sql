-- What the columns of a table held when it was profiled (`entrepot profile`): one row per column and
-- profile, so that the next one can tell what changed. It holds values, though never of personal
-- columns: the readers have no right to it.

create table if not exists etl.profiles (
    schema_name text not null,
    table_name text not null,
    column_name text not null,
    profiled_at timestamptz not null,
    run_id text not null,
    -- The place of the column in its table, from 1 on.
    place integer not null,
    data_type text not null,
    rows bigint not null,
    nulls bigint not null,
    blanks bigint not null,
    distinct_values bigint not null,
    -- There were too many distinct values to count each: their number is within some 2 %.
    is_estimated boolean not null,
    -- Filled in every row, with no value twice.
    is_unique boolean not null,
    smallest text,
    greatest text,
    mean double precision,
    shortest integer,
    longest integer,
    primary key (schema_name, table_name, profiled_at, column_name)
);
revoke all on etl.profiles from public;
grant select on etl.profiles to entrepot_transformer;
