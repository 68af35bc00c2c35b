-- One row per specialty point in force on a day, or with students or graduates in the latest year
-- Parameters: $day, $institutions, $levels. A year counts from its 31 December; the latest year with
-- a figure is that of the plan's institutions, technician ones aside
with here as (
    select point_id
    from point_facts
    where
        level in (select unnest($levels))
        and institution_id in (select unnest($institutions))
),

forces as (
    select distinct point_id
    from point_spells
    where since <= $day and until > $day
),

known as (
    select
        y.point_id,
        y.year,
        y.enrolled,
        y.graduates,
        f.outside
    from point_years as y
    inner join point_facts as p
        on y.point_id = p.point_id
    inner join institution_facts as f
        on p.institution_id = f.institution_id
    where make_date(y.year, 12, 31) <= $day
),

latest as (
    select
        max(case when enrolled is not null and not outside then year end) as students_year,
        max(case when graduates is not null and not outside then year end) as graduates_year
    from known
),

figures as (
    select
        k.point_id,
        max(case when k.year = l.students_year then k.enrolled end) as students,
        max(case when k.year = l.graduates_year then k.graduates end) as graduates
    from known as k
    cross join latest as l
    group by k.point_id
)

select
    p.point_id,
    p.institution_id,
    i.institution,
    i.district,
    p.level,
    p.specialty_code,
    p.specialty,
    p.class_name as specialty_class,
    p.industry,
    case when p.track_since <= $day and p.track_until > $day then p.track end as track,
    p.opened_on,
    f.point_id is not null as in_force,
    g.students,
    g.graduates,
    l.students_year,
    l.graduates_year
from here as h
inner join point_facts as p
    on h.point_id = p.point_id
inner join institution_facts as i
    on p.institution_id = i.institution_id
cross join latest as l
left join forces as f
    on h.point_id = f.point_id
left join figures as g
    on h.point_id = g.point_id
where
    f.point_id is not null
    or coalesce(g.students, 0) > 0
    or coalesce(g.graduates, 0) > 0
order by i.district nulls last, i.institution, p.level, p.specialty_code, p.point_id
