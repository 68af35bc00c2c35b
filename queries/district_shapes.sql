-- One row per district with a boundary: its outline as GeoJSON and where its name stands
select
    adcode,
    name,
    geometry,
    label_longitude,
    label_latitude
from district_shapes
order by adcode
