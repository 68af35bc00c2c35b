-- The table of outlines, emptied
create or replace table district_shapes (
    adcode varchar,
    name varchar,
    geometry varchar,
    label_longitude double,
    label_latitude double
);
