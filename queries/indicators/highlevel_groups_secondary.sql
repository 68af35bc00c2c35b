-- One row per group or point and span on which it holds the title
select
    r.subject_kind,
    r.subject_id,
    r.institution_id,
    r.institution_level as level,
    r.since,
    r.until,
    true as counted,
    1 as weight
from title_spells as r
inner join plan_items as h
    on
        h.indicator = 'highlevel_groups_secondary'
        and h.role = 'title'
        and r.title = h.item
where r.subject_kind in ('专业群', '专业点')
