-- One row per specialty point that existed at the plan's issue and was closed, suspended or
-- reduced after it, from the first of those days on; its institution in force or not
with endings as (
    select
        p.point_id,
        p.institution_id,
        p.level,
        least(
            case when p.closed_on > d.value then p.closed_on else date '9999-12-31' end,
            case when p.suspended_on > d.value then p.suspended_on else date '9999-12-31' end,
            case when p.reduced_on > d.value then p.reduced_on else date '9999-12-31' end
        ) as since
    from specialty_points as p
    inner join plan_dates as d
        on d.name = 'issued_on' and p.opened_on <= d.value
)

select
    '专业点' as subject_kind,
    point_id as subject_id,
    institution_id,
    level,
    since,
    date '9999-12-31' as until,
    true as counted,
    1 as weight
from endings
