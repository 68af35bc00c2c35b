-- One row per specialty point whose name adds a direction to that of its code
select
    '专业点' as sheet,
    p.row,
    'specialty_name' as name,
    '带有方向，专业按目录名称“' || s.name || '”统计' as expected
from specialty_points as p
inner join specialties as s
    on p.level = s.level and p.specialty_code = s.code
where starts_with(p.name_key, s.name_key || '(')
