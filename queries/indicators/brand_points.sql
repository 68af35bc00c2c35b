-- One row per specialty point and span on which it holds the title
select
    '专业点' as subject_kind,
    r.subject_id,
    r.institution_id,
    r.point_level as level,
    r.since,
    r.until,
    true as counted,
    1 as weight
from title_spells as r
inner join plan_items as h
    on
        h.indicator = 'brand_points'
        and h.role = 'title'
        and r.title = h.item
where r.subject_kind = '专业点'
