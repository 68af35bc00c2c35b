-- One row per college and span on which the number of its leading industries stays the same
-- Counted while that number lies between the plan's minimum and maximum; an industry counts once
with schools as (
    select
        s.institution_id,
        s.level,
        s.since,
        s.until
    from institution_spells as s
    inner join plan_items as l
        on
            l.indicator = 'leading_industries_per_college'
            and l.role = 'level'
            and s.level = l.item
),

industries_led as (
    select
        institution_id,
        industry,
        since,
        coalesce(until, date '9999-12-31') as until
    from leading_industries
    where since < coalesce(until, date '9999-12-31')
),

marks as (
    select
        institution_id,
        level,
        since,
        until,
        since as mark
    from schools
    union
    select
        s.institution_id,
        s.level,
        s.since,
        s.until,
        i.since as mark
    from schools as s
    inner join industries_led as i
        on
            s.institution_id = i.institution_id
            and i.since > s.since
            and i.since < s.until
    union
    select
        s.institution_id,
        s.level,
        s.since,
        s.until,
        i.until as mark
    from schools as s
    inner join industries_led as i
        on
            s.institution_id = i.institution_id
            and i.until > s.since
            and i.until < s.until
),

stretches as (
    select
        institution_id,
        level,
        mark as since,
        coalesce(
            lead(mark) over (partition by institution_id, level, since order by mark),
            until
        ) as until
    from marks
),

sized as (
    select
        t.institution_id,
        t.level,
        t.since,
        t.until,
        count(distinct i.industry) as size
    from stretches as t
    left join industries_led as i
        on
            t.institution_id = i.institution_id
            and i.since <= t.since
            and i.until > t.since
    group by t.institution_id, t.level, t.since, t.until
)

select
    '院校' as subject_kind,
    z.institution_id as subject_id,
    z.institution_id,
    z.level,
    z.since,
    z.until,
    z.size >= cast(lo.item as integer) and z.size <= cast(hi.item as integer) as counted,
    1 as weight
from sized as z
inner join plan_items as lo
    on lo.indicator = 'leading_industries_per_college' and lo.role = 'minimum'
inner join plan_items as hi
    on hi.indicator = 'leading_industries_per_college' and hi.role = 'maximum'
