-- The table of outlines, emptied
create or replace table district_shapes (adcode varchar, geometry varchar);
