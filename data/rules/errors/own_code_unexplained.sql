-- One row per technician specialty point outside the catalogue and thing it must say and does not
with outside as (
    select p.*
    from specialty_points as p
    inner join first_institutions as i
        on p.institution_id = i.institution_id
    left join specialties as s
        on p.level = s.level and p.specialty_code = s.code
    where
        i.school_type in ('技工学校', '高级技工学校')
        and p.specialty_code is not null
        and p.level is not null
        and s.code is null
)

select
    '专业点' as sheet,
    row,
    'specialty_name' as name,
    '不能为空：技工院校的目录外专业须填写专业名称' as expected
from outside
where specialty_name is null
union all
select
    '专业点' as sheet,
    row,
    'industry' as name,
    '不能为空：技工院校的目录外专业须填写产业' as expected
from outside
where industry is null
