-- One row per cooperation body
select
    body_id,
    kind,
    name,
    rank,
    lead_institution_id,
    members,
    industry,
    founded_on,
    dissolved_on
from cooperation_bodies
order by kind, founded_on, body_id
