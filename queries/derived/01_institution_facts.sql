-- One row per institution
-- outside: its school type stands outside the plan's indicators (the plan file's switch)
select
    i.institution_id,
    i.name as institution,
    i.level as level_today,
    i.authority,
    i.ownership,
    i.school_type,
    i.district,
    o.item is not null as outside,
    coalesce(i.founded_on, date '1000-01-01') as since,
    coalesce(i.closed_on, date '9999-12-31') as until,
    i.bachelor_since
from institutions as i
left join plan_items as o
    on
        o.indicator = '*'
        and o.role = 'outside_school_type'
        and i.school_type = o.item
