-- One row per item that any school type has a threshold for, in the reference's order
select
    item,
    min(unit) as unit,
    min(comparison) as comparison
from school_thresholds
group by item
order by min(rowid)
