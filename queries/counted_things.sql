-- One row per thing that a deliverable may count: a cooperation body, or a pathway
-- Whose it is: the leading institution of a body, the starting institution of a pathway
select
    'cooperation_bodies' as source,
    b.kind,
    b.body_id as thing_id,
    b.lead_institution_id as institution_id,
    coalesce(b.district, i.district) as district,
    b.founded_on as since,
    coalesce(b.dissolved_on, date '9999-12-31') as until
from cooperation_bodies as b
left join institution_facts as i
    on b.lead_institution_id = i.institution_id
union all
select
    'pathways' as source,
    p.kind,
    p.pathway_id as thing_id,
    p.from_institution_id as institution_id,
    i.district,
    p.started_on as since,
    coalesce(p.ended_on, date '9999-12-31') as until
from pathways as p
inner join institution_facts as i
    on p.from_institution_id = i.institution_id
order by source, kind, since, thing_id
