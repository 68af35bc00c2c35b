-- One row per kind, subject and year at whose end the subject is in force: has it a row
-- Kinds: 年度数据 of specialty points, 办学条件 of the institutions whose conditions the plan judges.
-- Parameters: $as_of. Years from the kind's first with data to its last begun; the one going on
-- counts as of the day. Technician institutions too
with given as (
    select
        '年度数据' as kind,
        point_id as subject_id,
        year
    from point_years
    union all
    select
        '办学条件' as kind,
        institution_id as subject_id,
        year
    from conditions
),

subjects as (
    select
        '年度数据' as kind,
        point_id as subject_id,
        institution_id,
        since,
        until
    from point_spells
    union all
    select
        '办学条件' as kind,
        s.institution_id as subject_id,
        s.institution_id,
        s.since,
        s.until
    from institution_spells as s
    inner join plan_items as l
        on
            l.indicator = 'secondary_conditions_met'
            and l.role = 'level'
            and s.level = l.item
),

years as (
    select
        kind,
        cast(unnest(range(min(year), max(year) + 1)) as integer) as year
    from given
    where make_date(year, 1, 1) <= $as_of
    group by kind
)

select
    y.kind,
    s.subject_id,
    p.specialty,
    s.institution_id,
    f.institution,
    f.outside,
    y.year,
    g.subject_id is not null as has_row
from years as y
inner join subjects as s
    on
        y.kind = s.kind
        and s.since <= least(make_date(y.year, 12, 31), $as_of)
        and s.until > least(make_date(y.year, 12, 31), $as_of)
inner join institution_facts as f
    on s.institution_id = f.institution_id
left join point_facts as p
    on y.kind = '年度数据' and s.subject_id = p.point_id
left join given as g
    on y.kind = g.kind and s.subject_id = g.subject_id and y.year = g.year
order by y.kind, f.institution, s.subject_id, y.year
