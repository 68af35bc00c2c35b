-- One row per specialty point and span on which it is in force and its track counts
select
    '专业点' as subject_kind,
    s.point_id as subject_id,
    s.institution_id,
    s.point_level as level,
    greatest(s.since, p.track_since) as since,
    least(s.until, p.track_until) as until,
    true as counted,
    1 as weight
from point_spells as s
inner join point_facts as p
    on s.point_id = p.point_id
inner join plan_items as t
    on
        t.indicator = 'points_emerging'
        and t.role = 'track'
        and p.track = t.item
