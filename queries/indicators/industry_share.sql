-- One row per specialty point and span in force; counted when its industry is one of the named ones
select
    '专业点' as subject_kind,
    s.point_id as subject_id,
    s.institution_id,
    s.point_level as level,
    s.since,
    s.until,
    n.item is not null as counted,
    1 as weight
from point_spells as s
inner join point_facts as p
    on s.point_id = p.point_id
left join plan_items as n
    on
        n.indicator = 'industry_share'
        and n.role = 'industry'
        and p.industry = n.item
