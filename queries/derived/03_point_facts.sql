-- One row per specialty point: its catalogue entry and its industry
-- Industry: the point's own, else the specialty's exception, else the class's default
with class_defaults as (
    select
        class_name,
        max(industry) as industry
    from specialty_industry
    where specialty_code is null or specialty_code = ''
    group by class_name
),

specialty_exceptions as (
    select
        specialty_code,
        max(industry) as industry
    from specialty_industry
    where specialty_code is not null and specialty_code <> ''
    group by specialty_code
)

select
    p.point_id,
    p.institution_id,
    p.specialty_code,
    coalesce(s.name, p.specialty_name) as specialty,
    p.level,
    p.track,
    p.is_backbone,
    s.class_code,
    s.class_name,
    s.category_code,
    s.category_name,
    p.opened_on,
    p.reduced_on,
    p.suspended_on,
    p.resumed_on,
    p.closed_on,
    coalesce(p.track_since, p.opened_on) as track_since,
    coalesce(p.track_until, date '9999-12-31') as track_until,
    coalesce(p.industry, e.industry, d.industry) as industry
from specialty_points as p
left join specialties as s
    on p.level = s.level and p.specialty_code = s.code
left join specialty_exceptions as e
    on p.specialty_code = e.specialty_code and s.code is not null
left join class_defaults as d
    on s.class_name = d.class_name
