-- One row per group or point, title and span on which it holds a title that counts
-- A subject with both titles is counted once: the spans are merged afterwards
select
    r.subject_kind,
    r.subject_id,
    r.institution_id,
    r.institution_level as level,
    case when h.role = 'accepted_title' then r.accepted_since else r.since end as since,
    r.until,
    true as counted,
    1 as weight
from title_spells as r
inner join plan_items as h
    on
        h.indicator = 'quality_groups_secondary'
        and h.role in ('title', 'accepted_title')
        and r.title = h.item
inner join plan_items as l
    on
        l.indicator = 'quality_groups_secondary'
        and l.role = 'level'
        and r.institution_level = l.item
where
    r.subject_kind in ('专业群', '专业点')
    and (h.role = 'title' or r.accepted_since is not null)
