-- What a person took out: the deliveries of a content up to this date do not count. Null for what the
-- landing or a purge withdrew, and for everything that counts.

alter table etl.file_ledger add column if not exists withdrawn_until timestamptz;

-- Taken out by hand, before there was a command for it.
update etl.file_ledger set withdrawn_until = delivered_at
where
    status = 'withdrawn'
    and withdrawn_until is null
    and landed_at is not null
    and purged_at is null;
