-- One row per conditions record, beside the students of the year before
select
    c.institution_id,
    f.institution,
    f.level_today,
    f.school_type,
    c.year,
    c.students,
    c.campus_m2,
    c.building_m2,
    c.teachers,
    c.dual_share,
    c.equipment,
    c.books,
    b.students as students_before,
    b.equipment as equipment_before
from conditions as c
inner join institution_facts as f
    on c.institution_id = f.institution_id
left join conditions as b
    on c.institution_id = b.institution_id and c.year = b.year + 1
order by c.institution_id, c.year
