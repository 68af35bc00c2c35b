-- One row per group or point and span on which it holds the title and is accepted
select
    r.subject_kind,
    r.subject_id,
    r.institution_id,
    r.institution_level as level,
    r.accepted_since as since,
    r.until,
    true as counted,
    1 as weight
from title_spells as r
inner join plan_items as h
    on
        h.indicator = 'highlevel_groups_college'
        and h.role = 'accepted_title'
        and r.title = h.item
where
    r.subject_kind in ('专业群', '专业点')
    and r.accepted_since is not null
