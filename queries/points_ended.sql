-- One row per specialty point, as it would be if every point were closed on a day
-- Parameters: $day. Whatever other columns the table has stay as they are
select * replace (least(coalesce(closed_on, date '9999-12-31'), $day) as closed_on) -- noqa: AM04
from stored.specialty_points
