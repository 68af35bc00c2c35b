-- One row per level and specialty code of the catalogue: its name
select
    level,
    code,
    name
from specialties
order by code, level
