-- One row per decision of a meeting held by a day, in order; closed_on null while not done
-- Parameter: $as_of
select
    meeting_id,
    held_on,
    topic,
    decision,
    department,
    due_on,
    case when closed_on <= $as_of then closed_on end as closed_on
from meetings
where held_on <= $as_of
order by held_on, meeting_id, rowid
