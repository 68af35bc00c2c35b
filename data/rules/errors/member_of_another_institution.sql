-- One row per group member that belongs to another institution than its group
with schools as (
    select
        institution_id,
        coalesce(name, institution_id) as name
    from first_institutions
)

select
    '专业群成员' as sheet,
    m.row,
    'point_id' as name,
    '属于 ' || point_school.name || '，专业群属于 ' || group_school.name || '，应为同一院校'
        as expected
from group_members as m
inner join first_specialty_groups as g
    on m.group_id = g.group_id
inner join first_specialty_points as p
    on m.point_id = p.point_id
inner join schools as group_school
    on g.institution_id = group_school.institution_id
inner join schools as point_school
    on p.institution_id = point_school.institution_id
where g.institution_id <> p.institution_id
