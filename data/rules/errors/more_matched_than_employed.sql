-- One row per point and year in which more work in their field than work at all
select
    '年度数据' as sheet,
    row,
    'matched' as name,
    '大于就业人数 ' || cast(cast(employed as bigint) as varchar) as expected
from point_years
where matched > employed
