-- One row per specialty point above its institution's level, or 职业本科 before its institution
select
    '专业点' as sheet,
    p.row,
    'level' as name,
    '高于所属院校的层次（' || i.level || '），请核对' as expected
from specialty_points as p
inner join first_institutions as i
    on p.institution_id = i.institution_id
where
    (i.level = '中职' and p.level in ('高职', '职业本科'))
    or (i.level = '高职' and p.level = '职业本科' and i.bachelor_since is null)
