-- One row per institution without a district
select
    '院校' as sheet,
    row,
    'district' as name,
    '为空，按“未填区县”统计' as expected
from institutions
where district is null
