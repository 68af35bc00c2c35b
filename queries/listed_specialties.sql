-- One row per list, year, level and specialty of the provincial lists, with what is offered of it
-- Parameters: $day, $institutions, $levels. Years up to the day's own. Points: in force at the end
-- of the list's year, or on the day when the year has not ended; students registered: those of the
-- latest year with data up to then, of these points; null where none of them reports any
with lists as (
    select distinct
        list,
        year,
        level,
        specialty_code,
        least(make_date(year, 12, 31), $day) as counted_on
    from provincial_lists
    where
        year <= extract(year from $day)
        and level in (select unnest($levels))
        and list in ('急需紧缺', '布点多规模大')
),

list_years as (
    select distinct
        year,
        counted_on
    from lists
),

reported as (
    select distinct y.year
    from point_years as y
    inner join specialty_points as p
        on y.point_id = p.point_id
    inner join institution_facts as i
        on p.institution_id = i.institution_id
    where y.registered is not null and not i.outside
),

years as (
    select
        t.year,
        max(r.year) as figures_year
    from list_years as t
    left join reported as r
        on make_date(r.year, 12, 31) <= t.counted_on
    group by t.year
),

inside as (
    select unnest($institutions) as institution_id
),

points as (
    select distinct
        l.list,
        l.year,
        l.level,
        l.specialty_code,
        p.point_id,
        p.institution_id,
        i.outside,
        h.institution_id is not null as here
    from lists as l
    inner join point_facts as p
        on l.level = p.level and l.specialty_code = p.specialty_code
    inner join point_spells as s
        on p.point_id = s.point_id and l.counted_on >= s.since and l.counted_on < s.until
    inner join institution_facts as i
        on p.institution_id = i.institution_id
    left join inside as h
        on p.institution_id = h.institution_id
),

offered as (
    select
        p.list,
        p.year,
        p.level,
        p.specialty_code,
        count(case when p.here then 1 end) as points,
        count(distinct case when p.here then p.institution_id end) as institutions,
        count(case when p.outside then 1 end) as technician_points,
        sum(case when p.here then f.registered end) as registered
    from points as p
    inner join years as y
        on p.year = y.year
    left join point_years as f
        on p.point_id = f.point_id and y.figures_year = f.year
    group by p.list, p.year, p.level, p.specialty_code
)

select
    l.list,
    l.year,
    l.level,
    l.specialty_code,
    s.name as specialty,
    s.class_name,
    coalesce(o.points, 0) as points,
    coalesce(o.institutions, 0) as institutions,
    coalesce(o.technician_points, 0) as technician_points,
    o.registered,
    y.figures_year
from lists as l
inner join years as y
    on l.year = y.year
left join specialties as s
    on l.level = s.level and l.specialty_code = s.code
left join offered as o
    on
        l.list = o.list
        and l.year = o.year
        and l.level = o.level
        and l.specialty_code = o.specialty_code
order by l.list, l.year, l.level, l.specialty_code
