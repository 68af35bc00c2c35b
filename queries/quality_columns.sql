-- One row: how many rows the table put in has, and how many of them hold a value in each column
select
    count(*) as row_count,
    count(columns(*))
from {table}
