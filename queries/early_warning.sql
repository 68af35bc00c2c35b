-- One row per specialty point and year with data: what the early-warning signals are made from
-- Parameters: $as_of (a year counts from its 31 December, as the enrolment ratio takes it)
select
    y.point_id,
    y.year,
    p.institution_id,
    p.level,
    p.specialty_code,
    p.specialty,
    p.class_name,
    f.outside,
    y.planned,
    y.applied,
    y.registered,
    y.graduates,
    y.employed,
    y.further_study,
    y.matched,
    y.satisfaction
from point_years as y
inner join point_facts as p
    on y.point_id = p.point_id
inner join institution_facts as f
    on p.institution_id = f.institution_id
where make_date(y.year, 12, 31) <= $as_of
order by y.point_id, y.year
