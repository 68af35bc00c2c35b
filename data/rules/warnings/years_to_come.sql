-- One row per yearly record of a year that begins after the data's own date
select
    '年度数据' as sheet,
    t.row,
    'year' as name,
    '晚于数据截止日所在的年份，请核对' as expected
from point_years as t
cross join data_date as d
where t.year > extract('year' from d.value)
union all
select
    '办学条件' as sheet,
    t.row,
    'year' as name,
    '晚于数据截止日所在的年份，请核对' as expected
from conditions as t
cross join data_date as d
where t.year > extract('year' from d.value)
union all
select
    '专业评估' as sheet,
    t.row,
    'year' as name,
    '晚于数据截止日所在的年份，请核对' as expected
from evaluations as t
cross join data_date as d
where t.year > extract('year' from d.value)
