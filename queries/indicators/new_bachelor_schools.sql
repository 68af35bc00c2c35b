-- One row per institution that became a vocational-bachelor one since the period began, while in force
select
    '院校' as subject_kind,
    f.institution_id as subject_id,
    f.institution_id,
    s.level,
    greatest(s.since, f.bachelor_since) as since,
    s.until,
    true as counted,
    1 as weight
from institution_facts as f
inner join plan_dates as d
    on d.name = 'period_start' and f.bachelor_since >= d.value
inner join institution_spells as s
    on f.institution_id = s.institution_id
where s.until > f.bachelor_since
