-- One row per district or development zone, districts first
select
    name,
    adcode,
    kind,
    longitude,
    latitude,
    area_km2
from districts
order by case kind when '区县' then 1 else 2 end, adcode
