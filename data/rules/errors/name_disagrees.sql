-- One row per specialty point whose name is not that of its code
-- A direction in brackets after the name is no disagreement
select
    '专业点' as sheet,
    p.row,
    'specialty_name' as name,
    '与专业代码 ' || p.specialty_code || ' 不一致，目录名称为“' || s.name || '”' as expected
from specialty_points as p
inner join specialties as s
    on p.level = s.level and p.specialty_code = s.code
where
    p.name_key <> s.name_key
    and not starts_with(p.name_key, s.name_key || '(')
