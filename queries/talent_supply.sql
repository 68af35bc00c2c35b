-- One row per specialty point and year with data up to a day: who came and who graduated
-- Parameters: $as_of (a year counts from its 31 December)
select
    y.point_id,
    y.year,
    p.institution_id,
    i.institution,
    i.outside,
    p.level,
    p.specialty_code,
    p.specialty,
    p.industry,
    s.duration,
    y.registered,
    y.graduates
from point_years as y
inner join point_facts as p
    on y.point_id = p.point_id
inner join specialty_points as s
    on y.point_id = s.point_id
inner join institution_facts as i
    on p.institution_id = i.institution_id
where make_date(y.year, 12, 31) <= $as_of
order by y.point_id, y.year
