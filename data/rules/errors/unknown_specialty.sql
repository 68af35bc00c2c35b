-- One row per specialty code that neither the catalogue nor a specialty point of the workbook has
-- The far end of a pathway may lie outside the city and its catalogue
with codes as (
    select
        level,
        code
    from specialties
    union
    select
        level,
        specialty_code as code
    from specialty_points
),

at_any_level as (
    select distinct code
    from codes
)

select
    '人才需求' as sheet,
    d.row,
    'specialty_code' as name,
    '不在专业目录中' as expected
from talent_demand as d
left join at_any_level as a
    on d.specialty_code = a.code
where d.specialty_code is not null and a.code is null
union all
select
    '贯通培养' as sheet,
    p.row,
    'from_specialty_code' as name,
    '不在专业目录中' as expected
from pathways as p
left join at_any_level as a
    on p.from_specialty_code = a.code
where p.from_specialty_code is not null and a.code is null
union all
select
    '省级清单' as sheet,
    l.row,
    'specialty_code' as name,
    '不在' || coalesce(l.level, '专业') || '目录中' as expected
from provincial_lists as l
left join codes as c
    on l.level = c.level and l.specialty_code = c.code
left join at_any_level as a
    on l.specialty_code = a.code
where
    l.specialty_code is not null
    and case when l.level is null then a.code is null else c.code is null end
