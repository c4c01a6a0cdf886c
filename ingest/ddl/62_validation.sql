-- What `entrepot validate` found is read by run, and what is old is taken out.

create index if not exists validation_run on etl.validation (run_id);
create index if not exists validation_moment on etl.validation (checked_at);
