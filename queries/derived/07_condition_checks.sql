-- One row per conditions record and threshold of its institution's school type
-- met is null where the value cannot be computed (a zero denominator)
with valued as (
    select
        c.institution_id,
        c.year,
        t.item,
        t.comparison,
        t.threshold,
        t.unit,
        case t.computed_from
            when 'campus_m2' then c.campus_m2
            when 'building_m2' then c.building_m2
            when 'teachers' then c.teachers
            when 'equipment' then c.equipment
            when 'books' then c.books
            when 'campus_m2/students' then c.campus_m2 / nullif(c.students, 0)
            when 'building_m2/students' then c.building_m2 / nullif(c.students, 0)
            when 'students/teachers' then c.students / nullif(c.teachers, 0)
            when 'equipment*10000/students' then c.equipment * 10000 / nullif(c.students, 0)
            when 'books/students' then c.books / nullif(c.students, 0)
        end as value
    from conditions as c
    inner join institutions as i
        on c.institution_id = i.institution_id
    inner join school_thresholds as t
        on i.school_type = t.school_type
)

select
    institution_id,
    year,
    item,
    comparison,
    threshold,
    unit,
    value,
    case
        when comparison = 'at_least' then value >= threshold
        when comparison = 'at_most' then value <= threshold
    end as met
from valued
