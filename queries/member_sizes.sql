-- One row per indicator of members and institution on a day: how many members it has
-- Parameters: $day
select
    indicator,
    institution_id,
    size
from member_spells
where since <= $day and until > $day
