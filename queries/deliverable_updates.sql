-- One row per report on a deliverable up to a day, oldest first; of one day, in the sheet's order
-- Parameter: $as_of
select
    deliverable,
    reported_on,
    state,
    value,
    note,
    department,
    evidence
from deliverable_updates
where reported_on <= $as_of
order by reported_on, rowid
