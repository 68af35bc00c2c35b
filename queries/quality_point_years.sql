-- One row per specialty point and year with data, beside what it had the year before
-- age: years since it was opened, four and more alike. explained: it was closed or suspended by the
-- year's end, or reduced, suspended or resumed in the year or the one before
select
    y.point_id,
    p.specialty,
    p.institution_id,
    f.institution,
    f.outside,
    p.level,
    y.year,
    least(greatest(y.year - year(p.opened_on), 0), 4) as age,
    coalesce(p.closed_on <= make_date(y.year, 12, 31), false)
    or coalesce(
        p.suspended_on <= make_date(y.year, 12, 31)
        and coalesce(p.resumed_on > make_date(y.year, 12, 31), true),
        false
    )
    or coalesce(year(p.reduced_on) in (y.year - 1, y.year), false)
    or coalesce(year(p.suspended_on) in (y.year - 1, y.year), false)
    or coalesce(year(p.resumed_on) in (y.year - 1, y.year), false) as explained,
    y.planned,
    y.applied,
    y.admitted,
    y.registered,
    y.enrolled,
    y.graduates,
    y.employed,
    y.further_study,
    y.matched,
    y.satisfaction,
    b.planned as planned_before,
    b.applied as applied_before,
    b.admitted as admitted_before,
    b.registered as registered_before,
    b.enrolled as enrolled_before,
    b.graduates as graduates_before
from point_years as y
inner join point_facts as p
    on y.point_id = p.point_id
inner join institution_facts as f
    on p.institution_id = f.institution_id
left join point_years as b
    on y.point_id = b.point_id and y.year = b.year + 1
order by y.point_id, y.year
