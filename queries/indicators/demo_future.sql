-- One row per specialty point and span on which its track counts and it holds the title
select
    '专业点' as subject_kind,
    r.subject_id,
    r.institution_id,
    r.point_level as level,
    greatest(r.since, p.track_since) as since,
    least(r.until, p.track_until) as until,
    true as counted,
    1 as weight
from title_spells as r
inner join plan_items as h
    on
        h.indicator = 'demo_future'
        and h.role = 'title'
        and r.title = h.item
inner join point_facts as p
    on r.subject_id = p.point_id
inner join plan_items as t
    on
        t.indicator = 'demo_future'
        and t.role = 'track'
        and p.track = t.item
where r.subject_kind = '专业点'
