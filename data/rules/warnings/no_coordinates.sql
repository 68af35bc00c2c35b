-- One row per institution without coordinates, or with one of the two
select
    '院校' as sheet,
    row,
    case when longitude is null then 'longitude' else 'latitude' end as name,
    case
        when longitude is null and latitude is null then '与纬度为空，地图上不显示该校'
        else '为空，经纬度只填了一个，地图上不显示该校'
    end as expected
from institutions
where longitude is null or latitude is null
union all
select
    '企业' as sheet,
    row,
    case when longitude is null then 'longitude' else 'latitude' end as name,
    '为空，经纬度只填了一个，地图上不显示该企业' as expected
from enterprises
where (longitude is null) <> (latitude is null)
