-- What `entrepot validate` found is read by run; `entrepot purge` takes out what is old.

create index if not exists validation_run on etl.validation (run_id);
create index if not exists validation_moment on etl.validation (checked_at);
