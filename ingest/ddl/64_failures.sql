-- The rows behind failed tests of dbt, by their keys alone: never a personal column, never free text.
-- `entrepot failures` shows them, `entrepot purge` takes them out after 30 days.

create table if not exists etl.test_failures (
    -- dbt's name of the build, and the run that it belongs to.
    invocation_id text not null,
    run_id text not null,
    test text not null,
    -- 0: the test as a whole; from 1 on: a row that it found.
    place integer not null,
    model text,
    status text not null check (status in ('warn', 'fail', 'error')),
    -- How many rows dbt counted.
    failed_rows bigint,
    failed_at timestamptz not null,
    key jsonb,
    -- Why there are no keys, or not all of them.
    note text,
    primary key (invocation_id, test, place)
);
create index if not exists test_failures_test on etl.test_failures (test, failed_at);
