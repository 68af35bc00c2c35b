-- One institution inside the plan that is in force from one day to another; none if there is none
-- Parameters: $first, $last, $level (preferred)
select f.institution_id
from institution_facts as f
where
    not f.outside
    and f.since <= $first
    and f.until > $last
order by case when f.level_today = $level then 0 else 1 end, f.institution_id
limit 1
