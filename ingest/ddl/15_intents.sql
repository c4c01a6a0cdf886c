-- What a load is about to write, file by file. A line that is still here when a run starts
-- belongs to a load that died: its rows are taken out before anything else is done.

create table if not exists etl.load_intents (
    run_id text not null,
    raw_schema text not null,
    table_name text not null,
    _file_id text not null,
    intended_at timestamptz not null,
    primary key (run_id, raw_schema, table_name, _file_id)
);
