-- One row per project: the indicator it feeds, whose it is and how far
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
    p.planned_on,
    p.completed_on
from projects as p
inner join institution_facts as i
    on p.institution_id = i.institution_id
order by p.planned_on, p.project_id
