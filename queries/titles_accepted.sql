-- One row per recognition, as it would be if every one awarded by a day were accepted on that day
-- Parameters: $day. One accepted before stays as it is
select
    subject_kind,
    subject_id,
    title,
    awarded_on,
    revoked_on,
    case
        when awarded_on <= $day then least(coalesce(accepted_on, $day), $day)
        else accepted_on
    end as accepted_on
from stored.recognitions
