-- One row per specialty point whose code is not in the catalogue of its level
-- Technician institutions may use codes of their own; an unreadable school type (？) may be one
with listed as (
    select
        code,
        string_agg(
            level, '、'
            order by case level when '中职' then 1 when '高职' then 2 else 3 end
        ) as levels
    from specialties
    group by code
)

select
    '专业点' as sheet,
    p.row,
    'specialty_code' as name,
    case
        when p.level is null then '不在专业目录中'
        when l.levels is null then '不在' || p.level || '目录中'
        else '不在' || p.level || '目录中（见于' || l.levels || '目录）'
    end as expected
from specialty_points as p
left join first_institutions as i
    on p.institution_id = i.institution_id
left join specialties as s
    on p.level = s.level and p.specialty_code = s.code
left join listed as l
    on p.specialty_code = l.code
where
    p.specialty_code is not null
    and s.code is null
    and (p.level is not null or l.code is null)
    and coalesce(i.school_type, '普通') not in ('技工学校', '高级技工学校', '？')
