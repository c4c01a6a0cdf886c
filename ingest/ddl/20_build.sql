-- What dbt keeps of its own builds: how far each model has applied the changed slices, and which
-- build is writing now.

create table if not exists etl.watermarks (
    model text primary key,
    generation bigint not null default 0,
    version bigint not null default 0,
    applied_at timestamptz not null default clock_timestamp()
);

create table if not exists etl.dbt_lease (
    invocation_id text primary key,
    command text,
    taken_at timestamptz not null default clock_timestamp()
);

-- Named one by one: the views that dbt makes in this schema are not the loader's to grant.
grant select on etl.file_ledger, etl.rejects, etl.run_log, etl.columns, etl.alerts, etl.validation
to entrepot_transformer;
grant select on etl.watermarks, etl.dbt_lease to entrepot_transformer;
grant insert, update, delete on etl.watermarks, etl.dbt_lease to entrepot_transformer;
grant insert on etl.run_log to entrepot_transformer;
