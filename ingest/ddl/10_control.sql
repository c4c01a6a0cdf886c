-- The control tables (schema etl), owned by the loader. Each statement may run again: what is there
-- stays as it is.

create table if not exists etl.file_ledger (
    delivery_id text primary key,
    _file_id text,
    source text not null,
    table_name text,
    connection text not null,
    path text not null,
    container_path text not null,
    container_size bigint,
    container_mtime timestamptz,
    container_ctime timestamptz,
    logical_name text,
    kind text,
    period text,
    zone text,
    sha256 text,
    size_bytes bigint,
    delivered_at timestamptz,
    seen_at timestamptz not null,
    last_seen_at timestamptz not null,
    landed_at timestamptz,
    status text not null check (
        status in (
            'landed', 'superseded', 'duplicate', 'ignored', 'failed', 'pending', 'withdrawn'
        )
    ),
    reason text,
    attempts integer not null default 0,
    rows_read bigint,
    rows_landed bigint,
    rows_rejected bigint,
    encoding text,
    separator text,
    first_day date,
    last_day date,
    run_id text,
    check (rows_read is null or rows_read = rows_landed + rows_rejected)
);
create index if not exists file_ledger_container
on etl.file_ledger (connection, container_path);
create index if not exists file_ledger_file on etl.file_ledger (_file_id);
create index if not exists file_ledger_logical on etl.file_ledger (logical_name);
create index if not exists file_ledger_table on etl.file_ledger (source, table_name, status);

create table if not exists etl.rejects (
    reject_id text primary key,
    run_id text not null,
    source text not null,
    table_name text not null,
    _file_id text,
    path text,
    row_number bigint,
    line_number bigint,
    reason text not null,
    raw_text text,
    raw_hash text,
    rejected_at timestamptz not null
);
create index if not exists rejects_file on etl.rejects (_file_id);

create table if not exists etl.run_log (
    logged_at timestamptz not null default clock_timestamp(),
    run_id text not null,
    attempt integer not null default 1,
    source text,
    table_name text,
    step text not null check (
        step in (
            'list', 'extract', 'load', 'snapshot', 'build', 'test', 'grants', 'profile', 'purge',
            'erase', 'validate', 'withdraw', 'archive', 'replay', 'backup', 'restore', 'audit'
        )
    ),
    status text not null check (status in ('started', 'ok', 'warn', 'failed', 'skipped')),
    rows bigint,
    bytes bigint,
    seconds double precision,
    error text
);
create index if not exists run_log_run on etl.run_log (run_id);
create index if not exists run_log_table
on etl.run_log (source, table_name, step, status, logged_at);

create table if not exists etl.columns (
    source text not null,
    table_name text not null,
    source_name text not null,
    column_name text not null,
    data_type text not null,
    first_seen_at timestamptz not null,
    last_seen_at timestamptz not null,
    primary key (source, table_name, source_name)
);

create table if not exists etl.alerts (
    alert_id text primary key,
    kind text not null,
    severity text not null,
    table_name text,
    run_id text,
    message text not null,
    first_seen_at timestamptz not null,
    last_seen_at timestamptz not null,
    sent_to text,
    over_at timestamptz
);

create table if not exists etl.validation (
    validation_id text primary key,
    run_id text,
    source text not null,
    table_name text not null,
    check_name text not null,
    period text,
    expected text,
    found text,
    is_equal boolean not null,
    detail text,
    checked_at timestamptz not null
);
