-- A log that has grown lands its new lines only: the first content of its chain, the one that it goes
-- on from, and the number of the first line that it brought. Null for everything else.

alter table etl.file_ledger add column if not exists root_file_id text;
alter table etl.file_ledger add column if not exists continues_file_id text;
alter table etl.file_ledger add column if not exists first_row bigint;
