-- One row per institution
select
    institution_id,
    institution,
    district,
    authority,
    level_today,
    outside
from institution_facts
order by institution_id
