-- One row per event dated after the data's own date
-- {title}, {table}, {name}: from data/checks.py
select
    '{title}' as sheet,
    t.row,
    '{name}' as name,
    '晚于数据截止日 ' || cast(d.value as varchar) || '，到该日才计入' as expected
from {table} as t
cross join data_date as d
where t.{name} > d.value
