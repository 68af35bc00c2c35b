-- One row per data version that was pinned, or given another note, after it was made
-- A version's file never changes: what is said of it later stands here.
create table version_marks (
    version_id text primary key,
    -- Pinned versions are never pruned.
    pinned integer not null check (pinned in (0, 1)),
    -- Null while the note it was loaded with stands.
    note text,
    changed_by text not null,
    changed_at text not null
);
