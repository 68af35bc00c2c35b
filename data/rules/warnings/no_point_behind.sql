-- One row per pathway whose start offers no specialty point of that code
select
    '贯通培养' as sheet,
    w.row,
    'from_specialty_code' as name,
    '在起点院校没有专业点，请核对' as expected
from pathways as w
where
    w.from_institution_id is not null
    and w.from_specialty_code is not null
    and not exists (
        select 1
        from specialty_points as p
        where
            p.institution_id = w.from_institution_id
            and p.specialty_code = w.from_specialty_code
    )
