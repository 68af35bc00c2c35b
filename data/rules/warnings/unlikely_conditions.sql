-- One row per conditions record with a value that looks like one in another unit
-- 亩 for square metres, yuan for 万元; per student far beyond any school
select
    '办学条件' as sheet,
    row,
    'campus_m2' as name,
    '不足 2000 平方米，疑似以亩为单位，应为平方米' as expected
from conditions
where campus_m2 > 0 and campus_m2 < 2000
union all
select
    '办学条件' as sheet,
    row,
    'building_m2' as name,
    '大于校园占地面积的三倍，请核对单位' as expected
from conditions
where building_m2 > 3 * campus_m2 and campus_m2 > 0
union all
select
    '办学条件' as sheet,
    row,
    'equipment' as name,
    '合生均 50 万元以上，疑似以元为单位，应为万元' as expected
from conditions
where equipment > 50 * students and students > 0
union all
select
    '办学条件' as sheet,
    row,
    'students' as name,
    '与专任教师 ' || cast(cast(teachers as bigint) as varchar) || ' 之比超过 100，请核对' as expected
from conditions
where students > 100 * teachers and teachers > 0
union all
select
    '办学条件' as sheet,
    row,
    'students' as name,
    '为 0，生均指标无法计算' as expected
from conditions
where students = 0
