-- One row per project of the pool with its money in 万元, the earliest planned first
select
    p.project_id,
    p.name,
    p.indicator,
    p.institution_id,
    i.institution,
    i.district,
    p.contribution,
    p.rank,
    p.stage,
    p.superior_funds,
    p.city_funds,
    p.success_probability,
    p.planned_on,
    p.completed_on
from projects as p
inner join institution_facts as i
    on p.institution_id = i.institution_id
order by p.planned_on, p.project_id
