-- One row per row of a table that repeats an earlier row in the columns that tell rows apart
-- {title}, {table}, {columns}, {name}, {expected}, {filled}: from the contract and data/checks.py
with numbered as (
    select
        row,
        min(row) over (partition by {columns}) as first_row
    from {table}
    where {filled}
)

select
    '{title}' as sheet,
    row,
    '{name}' as name,
    '与第 ' || cast(first_row as varchar) || ' 行重复{expected}' as expected
from numbered
where row > first_row
