-- One row per subject counted beside the indicators, and span of days; days as proleptic ordinals
-- Students and entrants: those of the latest year with data, from its 31 December on, as the
-- enrolment ratio takes them; points of that year count in force or not
with institutions_counted as (
    select
        'institutions' as what,
        institution_id as subject_id,
        institution_id,
        level,
        1 as weight,
        since,
        until
    from institution_spells
),

points_counted as (
    select
        'points' as what,
        point_id as subject_id,
        institution_id,
        point_level as level,
        1 as weight,
        since,
        until
    from point_spells
),

groups_counted as (
    select
        'groups' as what,
        group_id as subject_id,
        institution_id,
        institution_level as level,
        1 as weight,
        since,
        until
    from group_spells
),

heads as (
    select
        'students' as what,
        point_id,
        year,
        enrolled as weight
    from point_years
    where enrolled is not null
    union all
    select
        'entrants' as what,
        point_id,
        year,
        registered as weight
    from point_years
    where registered is not null
),

years as (
    select distinct
        h.what,
        h.year
    from heads as h
    inner join specialty_points as p
        on h.point_id = p.point_id
    inner join institution_facts as f
        on p.institution_id = f.institution_id
    where not f.outside
),

reigns as (
    select
        what,
        year,
        make_date(year, 12, 31) as since,
        coalesce(
            lead(make_date(year, 12, 31)) over (partition by what order by year),
            date '9999-12-31'
        ) as until
    from years
),

heads_counted as (
    select
        h.what,
        h.point_id as subject_id,
        p.institution_id,
        p.level,
        h.weight,
        r.since,
        r.until
    from heads as h
    inner join specialty_points as p
        on h.point_id = p.point_id
    inner join reigns as r
        on h.what = r.what and h.year = r.year
),

counted as (
    select * from institutions_counted
    union all
    select * from points_counted
    union all
    select * from groups_counted
    union all
    select * from heads_counted
)

select
    c.what,
    c.subject_id,
    c.institution_id,
    c.level,
    true as counted,
    c.weight,
    datediff('day', date '0001-01-01', c.since) + 1 as since,
    datediff('day', date '0001-01-01', c.until) + 1 as until,
    f.outside
from counted as c
inner join institution_facts as f
    on c.institution_id = f.institution_id
