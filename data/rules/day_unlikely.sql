-- One row per date outside the years a record of today can speak of
-- {title}, {table}, {name}, {first}, {last}: from the contract
select
    '{title}' as sheet,
    row,
    '{name}' as name,
    '早于 {first} 或晚于 {last}，请核对' as expected
from {table}
where {name} < date '{first}' or {name} > date '{last}'
