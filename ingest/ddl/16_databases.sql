-- What is known of each table of a database: how far it was read, and as what it was declared.

create table if not exists etl.source_tables (
    source text not null,
    table_name text not null,
    -- The greatest value of the cursor that was loaded, as text; null: the next load is a full one.
    mark text,
    -- The columns with their source types, key, filter and pii of the last load.
    definition jsonb not null,
    image_rows bigint not null,
    -- Rows that only a full load brings, since their cursor is null.
    rows_without_cursor bigint,
    last_full_at timestamptz not null,
    last_load_at timestamptz not null,
    run_id text not null,
    primary key (source, table_name)
);
