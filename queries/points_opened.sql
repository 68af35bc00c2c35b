-- One row per specialty point, and one more for every kind of point that might be opened
-- Parameters: $day (when they open), $institution (where), and side by side $points, $levels,
-- $tracks, $industries
select * -- noqa: AM04
from stored.specialty_points
union all by name
select
    unnest($points) as point_id,
    $institution as institution_id,
    '' as specialty_code,
    unnest($levels) as level,
    unnest($tracks) as track,
    unnest($industries) as industry,
    $day as opened_on
