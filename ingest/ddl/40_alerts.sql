-- What an alert says, and which channels it still has to reach; what health measured on each day.

alter table etl.alerts add column if not exists error text;
alter table etl.alerts add column if not exists todo text;
-- When a channel last took the message of this alert; null: none has yet.
alter table etl.alerts add column if not exists last_sent_at timestamptz;
alter table etl.alerts add column if not exists times_seen integer not null default 1;
-- The channels that the message of now has not reached yet, as in sent_to.
alter table etl.alerts add column if not exists untold text not null default '';

-- One open alert for each thing that is wrong, whoever looks at it at the same moment.
create unique index if not exists alerts_open
on etl.alerts (kind, coalesce(table_name, '')) where over_at is null;

-- One value for each day: the last one of that day.
create table if not exists etl.measures (
    measured_on date not null,
    measure text not null,
    subject text not null,
    value bigint not null,
    primary key (measure, subject, measured_on)
);
