-- One row per project of an institution, running ones first
-- Parameters: $institution
select
    project_id,
    name,
    indicator,
    contribution,
    rank,
    stage,
    superior_funds,
    city_funds,
    planned_on,
    completed_on
from projects
where institution_id = $institution
order by
    case stage
        when '在建' then 1 when '成熟' then 2 when '储备' then 3 when '验收' then 4 else 5
    end,
    planned_on,
    project_id
