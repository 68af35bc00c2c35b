-- One row per institution and span on which the number of its key groups stays the same
-- Counted while that number lies between the plan's minimum and maximum
with schools as (
    select
        s.institution_id,
        s.level,
        s.since,
        s.until
    from institution_spells as s
    inner join plan_items as l
        on
            l.indicator = 'key_groups_per_institution'
            and l.role = 'level'
            and s.level = l.item
),

key_groups as (
    select
        institution_id,
        group_id,
        since,
        until
    from group_spells
    where is_key
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
        g.since as mark
    from schools as s
    inner join key_groups as g
        on
            s.institution_id = g.institution_id
            and g.since > s.since
            and g.since < s.until
    union
    select
        s.institution_id,
        s.level,
        s.since,
        s.until,
        g.until as mark
    from schools as s
    inner join key_groups as g
        on
            s.institution_id = g.institution_id
            and g.until > s.since
            and g.until < s.until
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
        count(distinct g.group_id) as size
    from stretches as t
    left join key_groups as g
        on
            t.institution_id = g.institution_id
            and g.since <= t.since
            and g.until > t.since
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
    on lo.indicator = 'key_groups_per_institution' and lo.role = 'minimum'
inner join plan_items as hi
    on hi.indicator = 'key_groups_per_institution' and hi.role = 'maximum'
