-- One row: the latest day in the columns put in of the table put in that is not after $as_of
with days as (
    select unnest([{columns}]) as day
    from {table}
)

select max(day) as latest
from days
where day <= $as_of
