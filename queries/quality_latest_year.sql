-- One row: the latest year of the table put in that has begun by $as_of
select max(year) as latest
from {table}
where make_date(year, 1, 1) <= $as_of
