-- What retention took out, and who was erased: neither may come back with the next full load.

-- The last purge took the rows of earlier days out.
alter table etl.source_tables add column if not exists purged_before date;
-- When the rows of this content were taken out for good.
alter table etl.file_ledger add column if not exists purged_at timestamptz;

create table if not exists etl.erased_subjects (
    source text not null,
    kind text not null,
    -- Keyed hashes: who it was can be told again, never read.
    subject_hash text not null,
    -- Tells whether the key of today is the one that made the hash.
    key_check text not null,
    erased_at timestamptz not null default clock_timestamp(),
    run_id text not null,
    primary key (source, kind, subject_hash)
);
