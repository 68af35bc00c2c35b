-- One row per secondary school and span between conditions records; counted while the latest is met
-- Before its first record a school stands in the base and is not counted
with schools as (
    select
        s.institution_id,
        s.level,
        s.since,
        s.until
    from institution_spells as s
    inner join plan_items as l
        on
            l.indicator = 'secondary_conditions_met'
            and l.role = 'level'
            and s.level = l.item
),

first_records as (
    select
        institution_id,
        min(since) as since
    from condition_spells
    group by institution_id
),

spans as (
    select
        s.institution_id,
        s.level,
        greatest(s.since, c.since) as since,
        least(s.until, c.until) as until,
        c.met as counted
    from schools as s
    inner join condition_spells as c
        on s.institution_id = c.institution_id
    union all
    select
        s.institution_id,
        s.level,
        s.since,
        least(s.until, coalesce(f.since, date '9999-12-31')) as until,
        false as counted
    from schools as s
    left join first_records as f
        on s.institution_id = f.institution_id
)

select
    '院校' as subject_kind,
    institution_id as subject_id,
    institution_id,
    level,
    since,
    until,
    counted,
    1 as weight
from spans
