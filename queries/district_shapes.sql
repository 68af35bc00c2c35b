-- One row per district with a boundary: its outline as GeoJSON and where its name stands
select
    d.adcode,
    d.name,
    s.geometry,
    d.longitude,
    d.latitude
from district_shapes as s
inner join districts as d
    on s.adcode = d.adcode
order by d.adcode
