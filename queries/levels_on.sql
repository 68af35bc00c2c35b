-- One row per institution, in force or not, with the level it has on a day
-- Parameter: $day
select
    institution_id,
    case
        when bachelor_since is null then level_today
        when bachelor_since <= $day then '职业本科'
        else '高职'
    end as level
from institution_facts
order by institution_id
