-- By what the archive knows the outer file that a content came in, and since when it has it; null: the
-- archive does not have it.

alter table etl.file_ledger add column if not exists container_sha256 text;
alter table etl.file_ledger add column if not exists archived_at timestamptz;
