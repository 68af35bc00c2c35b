-- One row per specialty point that resumed without having been suspended
select
    '专业点' as sheet,
    row,
    'resumed_on' as name,
    '没有对应的停招日期' as expected,
    'suspended_on' as needs
from specialty_points
where resumed_on is not null and suspended_on is null
