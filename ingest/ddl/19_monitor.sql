-- What the monitor asks of logs and rejects that may hold millions of lines is found by an index.

-- The newest lines, for the last runs and builds.
create index if not exists run_log_moment on etl.run_log (logged_at);
-- When each table or model last changed: most loads of a quiet table write nothing.
create index if not exists run_log_rows on etl.run_log (source, table_name, logged_at)
where rows > 0 and status in ('ok', 'warn') and step in ('load', 'build', 'snapshot');
-- Which reasons there are, and when each was last met; the index of before ended at the reason.
create index if not exists rejects_reason
on etl.rejects (source, table_name, reason, rejected_at);
drop index if exists etl.rejects_table;
