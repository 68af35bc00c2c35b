-- One row per dated value of a target allocation, in the order in which they were given
select
    indicator,
    scope_kind,
    scope,
    due_on,
    target
from target_allocations
order by indicator, scope_kind, scope, due_on, rowid
