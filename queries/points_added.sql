-- One row per specialty point, as it would be if some more were opened on a day
-- Parameters, one element a new point: $ids, $institutions, $codes, $levels, $tracks; $day
-- Whatever other columns the table has are empty for the new ones
select * from stored.specialty_points -- noqa: AM04
union all by name
select
    unnest($ids::varchar[]) as point_id,
    unnest($institutions::varchar[]) as institution_id,
    unnest($codes::varchar[]) as specialty_code,
    unnest($levels::varchar[]) as level,
    nullif(unnest($tracks::varchar[]), '') as track,
    $day::date as opened_on
