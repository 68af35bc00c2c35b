-- One row per saved scenario, and one per thing done or refused
-- Times are UTC, as 2026-11-24T08:00:00.000+00:00: fixed in width, so that text sorts as time.
create table scenarios (
    id integer primary key autoincrement,
    -- Raised by every change: who edits on top of an older one is told.
    revision integer not null,
    name text not null,
    -- What names are told apart by, see data/values.py key.
    name_key text not null,
    note text not null,
    version_id text not null,
    as_of text not null,
    plan_id text not null,
    content text not null,
    made_by text not null,
    made_at text not null,
    changed_by text not null,
    changed_at text not null,
    -- Set while it can still be restored; it does not hold its name then.
    deleted_at text
);

create unique index scenarios_by_name on scenarios (name_key)
where deleted_at is null;

create table log (
    id integer primary key autoincrement,
    at text not null,
    who text not null,
    kind text not null,
    subject text not null,
    refused integer not null check (refused in (0, 1)),
    detail text not null
);

create index log_by_kind on log (kind);

create trigger log_is_not_changed before update on log
begin
    select raise(abort, 'the log is append-only');
end;

create trigger log_is_not_shortened before delete on log
begin
    select raise(abort, 'the log is append-only');
end;

-- "insert or replace" would delete the former row without asking the trigger above.
create trigger log_is_not_replaced before insert on log
when (
    select true from log
    where log.id = new.id
)
begin
    select raise(abort, 'the log is append-only');
end;
