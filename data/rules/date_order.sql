-- One row per row of a table whose later date lies before the earlier one
-- {title}, {table}, {earlier}, {later}, {header}: from the contract's DATE_ORDER
select
    '{title}' as sheet,
    row,
    '{later}' as name,
    '早于{header} ' || cast({earlier} as varchar) as expected
from {table}
where {later} < {earlier}
