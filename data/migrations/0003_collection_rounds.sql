-- One row per round in which institutions fill in their own workbooks (data/rounds.py)
create table rounds (
    id integer primary key autoincrement,
    name text not null,
    -- What names are told apart by, see data/values.py key.
    name_key text not null unique,
    -- The version the workbooks were made from.
    base_version text not null,
    due_on text not null,
    made_by text not null,
    made_at text not null
);

-- One row per institution asked in a round
create table round_institutions (
    round integer not null references rounds (id),
    institution_id text not null,
    name text not null,
    primary key (round, institution_id)
);

-- One row per workbook that came back; the latest of an institution counts
create table returns (
    id integer primary key autoincrement,
    round integer not null,
    institution_id text not null,
    file text not null,
    -- The file itself lies in the warehouse: returns/<round>/<sha256>.xlsx.
    sha256 text not null,
    errors integer not null,
    -- The first of them, a JSON list of (sheet, row, column, header, value, expected).
    problems text not null,
    returned_by text not null,
    returned_at text not null,
    -- Set once its rows are in the data: the version that has them.
    merged_version text,
    merged_by text,
    merged_at text,
    foreign key (round, institution_id) references round_institutions (round, institution_id)
);

create index returns_by_round on returns (round, institution_id);
