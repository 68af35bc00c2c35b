-- One row per specialty point of the level and span in force
select
    '专业点' as subject_kind,
    s.point_id as subject_id,
    s.institution_id,
    s.point_level as level,
    s.since,
    s.until,
    true as counted,
    1 as weight
from point_spells as s
inner join plan_items as l
    on
        l.indicator = 'bachelor_points'
        and l.role = 'level'
        and s.point_level = l.item
