-- When the rows of a content took the place of those that it had in raw; null: never. What had read the
-- rows of before reads them again.

alter table etl.file_ledger add column if not exists replaced_at timestamptz;
