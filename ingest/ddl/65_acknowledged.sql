-- When a person said that a failure is known and will not be mended; null: nobody did.

alter table etl.alerts add column if not exists acknowledged_at timestamptz;
