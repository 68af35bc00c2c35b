-- One row per specialty point and year with data, over the days on which that is the latest such year
-- Counted: students registered in bachelor points; not counted: those in college points (the base)
-- The latest year is the city's, whatever part of it is looked at; points count in force or not
with enrolments as (
    select
        y.point_id,
        y.year,
        y.registered,
        p.institution_id,
        p.level,
        h.role = 'numerator_level' as counted
    from point_years as y
    inner join specialty_points as p
        on y.point_id = p.point_id
    inner join plan_items as h
        on
            h.indicator = 'bachelor_enrolment_ratio'
            and h.role in ('numerator_level', 'denominator_level')
            and p.level = h.item
    where y.registered is not null
),

years as (
    select distinct e.year
    from enrolments as e
    inner join institution_facts as f
        on e.institution_id = f.institution_id
    where not f.outside
),

reigns as (
    select
        year,
        make_date(year, 12, 31) as since,
        coalesce(
            lead(make_date(year, 12, 31)) over (order by year),
            date '9999-12-31'
        ) as until
    from years
)

select
    '专业点' as subject_kind,
    e.point_id as subject_id,
    e.institution_id,
    e.level,
    r.since,
    r.until,
    e.counted,
    e.registered as weight
from enrolments as e
inner join reigns as r
    on e.year = r.year
