-- One row per indicator, institution and span on which the number of its members stays the same
-- Members are what the plan asks each institution to have between a minimum and a maximum of: key
-- groups, leading industries. Institutions count at the levels that the plan names for the indicator
with members as (
    select
        'key_groups_per_institution' as indicator,
        institution_id,
        group_id as member,
        since,
        until
    from group_spells
    where is_key
    union all
    select
        'leading_industries_per_college' as indicator,
        institution_id,
        industry as member,
        since,
        coalesce(until, date '9999-12-31') as until
    from leading_industries
    where since < coalesce(until, date '9999-12-31')
),

bounds as (
    select
        lo.indicator,
        cast(lo.item as integer) as lowest,
        cast(hi.item as integer) as highest
    from plan_items as lo
    inner join plan_items as hi
        on lo.indicator = hi.indicator and hi.role = 'maximum'
    where lo.role = 'minimum'
),

schools as (
    select
        b.indicator,
        s.institution_id,
        s.level,
        s.since,
        s.until
    from bounds as b
    inner join plan_items as l
        on b.indicator = l.indicator and l.role = 'level'
    inner join institution_spells as s
        on l.item = s.level
),

marks as (
    select
        indicator,
        institution_id,
        level,
        since,
        until,
        since as mark
    from schools
    union
    select
        s.indicator,
        s.institution_id,
        s.level,
        s.since,
        s.until,
        m.since as mark
    from schools as s
    inner join members as m
        on
            s.indicator = m.indicator
            and s.institution_id = m.institution_id
            and m.since > s.since
            and m.since < s.until
    union
    select
        s.indicator,
        s.institution_id,
        s.level,
        s.since,
        s.until,
        m.until as mark
    from schools as s
    inner join members as m
        on
            s.indicator = m.indicator
            and s.institution_id = m.institution_id
            and m.until > s.since
            and m.until < s.until
),

stretches as (
    select
        indicator,
        institution_id,
        level,
        mark as since,
        coalesce(
            lead(mark) over (partition by indicator, institution_id, level, since order by mark),
            until
        ) as until
    from marks
),

sized as (
    select
        t.indicator,
        t.institution_id,
        t.level,
        t.since,
        t.until,
        count(distinct m.member) as size
    from stretches as t
    left join members as m
        on
            t.indicator = m.indicator
            and t.institution_id = m.institution_id
            and m.since <= t.since
            and m.until > t.since
    group by t.indicator, t.institution_id, t.level, t.since, t.until
)

select
    z.indicator,
    z.institution_id,
    z.level,
    z.since,
    z.until,
    z.size,
    z.size >= b.lowest and z.size <= b.highest as fits
from sized as z
inner join bounds as b
    on z.indicator = b.indicator
