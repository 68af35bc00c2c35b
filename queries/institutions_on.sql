-- One row per institution in force on a day, with its level that day
-- Parameter: $day
select
    institution_id,
    level
from institution_spells
where since <= $day and until > $day
order by institution_id
