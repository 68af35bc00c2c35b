-- One row per rectification found by a day, the earliest due first; closed_on null while still open
-- Parameter: $as_of
select
    r.rectification_id,
    r.item,
    r.found_on,
    r.due_on,
    case when r.closed_on <= $as_of then r.closed_on end as closed_on,
    r.department,
    r.problem,
    r.institution_id,
    i.institution,
    i.district
from rectifications as r
left join institution_facts as i
    on r.institution_id = i.institution_id
where r.found_on <= $as_of
order by r.due_on, r.rectification_id
