-- One row per enterprise
select
    enterprise_id,
    name,
    industry,
    district,
    size,
    longitude,
    latitude
from enterprises
order by enterprise_id
