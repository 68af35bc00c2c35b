-- One row per column of percentages that holds nothing but fractions of one
-- {title}, {table}, {name}: from the contract
select
    '{title}' as sheet,
    min(row) as row,
    '{name}' as name,
    '及该列其余各值都不大于 1，疑似按小数填写；应为 0—100 的百分数' as expected
from {table}
where {name} is not null
having max({name}) between 0.01 and 1
