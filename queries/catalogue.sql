-- One row per level and specialty code of the catalogue, with its industry
-- Industry: the specialty's exception, else the class's default, as point_facts has it
with class_defaults as (
    select
        class_name,
        max(industry) as industry
    from specialty_industry
    where specialty_code is null or specialty_code = ''
    group by class_name
),

exceptions as (
    select
        specialty_code,
        max(industry) as industry
    from specialty_industry
    where specialty_code is not null and specialty_code <> ''
    group by specialty_code
)

select
    s.code,
    s.level,
    s.name,
    s.class_name,
    s.category_name,
    coalesce(e.industry, d.industry) as industry,
    s.state_controlled
from specialties as s
left join exceptions as e
    on s.code = e.specialty_code
left join class_defaults as d
    on s.class_name = d.class_name
order by s.code
