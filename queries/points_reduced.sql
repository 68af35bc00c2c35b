-- One row per specialty point, as it would be if every point were reduced on a day
-- Parameters: $day, $issued_on. A reduction after the issue and by the day stays where it is
with after_issue as (
    select
        point_id as reduced_point,
        reduced_on as kept_on
    from stored.specialty_points
    where reduced_on > $issued_on and reduced_on <= $day
)

select p.* replace (coalesce(a.kept_on, $day) as reduced_on) -- noqa: AM04
from stored.specialty_points as p
left join after_issue as a on p.point_id = a.reduced_point
