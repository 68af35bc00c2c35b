-- One row per project not yet completed on a day and not given up: what the pool still holds
-- Parameters: $day. Technician institutions stand outside; money in 万元, probability 0-100
select
    p.project_id,
    p.name,
    p.indicator,
    p.institution_id,
    f.institution,
    f.district,
    p.contribution,
    p.rank,
    p.stage,
    p.superior_funds,
    p.city_funds,
    p.success_probability,
    p.planned_on
from projects as p
inner join institution_facts as f
    on p.institution_id = f.institution_id
where
    not f.outside
    and p.stage <> '终止'
    and (p.completed_on is null or p.completed_on > $day)
order by p.project_id
