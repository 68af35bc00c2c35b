-- One row per specialty point that reports students: those of its latest year by a day
-- Parameters: $day (a year counts from its 31 December)
select
    point_id,
    arg_max(enrolled, year) as students
from point_years
where enrolled is not null and make_date(year, 12, 31) <= $day
group by point_id
