-- One row per institution and span of days on which it is in force at one level
-- 1000-01-01 stands for "always" and 9999-12-31 for "still"; until is the first day outside the span
with spans as (
    select
        institution_id,
        case when bachelor_since is null then level_today else '高职' end as level,
        since,
        case
            when bachelor_since is null then until
            else least(until, bachelor_since)
        end as until
    from institution_facts
    union all
    select
        institution_id,
        '职业本科' as level,
        greatest(since, bachelor_since) as since,
        until
    from institution_facts
    where bachelor_since is not null
)

select
    institution_id,
    level,
    since,
    until
from spans
where since < until
