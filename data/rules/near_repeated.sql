-- One row per row of a table whose key an earlier row has in other letters: of another case or width
-- {title}, {table}, {name}: from the contract and data/checks.py
with folded as (
    select
        t.row,
        t.{name},
        first(t.row order by t.row) over same as first_row,
        first(t.{name} order by t.row) over same as first_key
    from {table} as t
    inner join id_keys as k on t.{name} = k.id
    window same as (partition by k.id_key)
)

select
    '{title}' as sheet,
    row,
    '{name}' as name,
    '与第 ' || cast(first_row as varchar) || ' 行的“' || left(first_key, 40)
    || '”只有大小写或全半角之分，应统一或改用不同的编号' as expected
from folded
where {name} <> first_key
