-- One row per specialty point opened, while not closed, beside an earlier row of the same
-- institution, code and level that is suspended rather than closed
select
    '专业点' as sheet,
    b.row,
    'specialty_code' as name,
    '与第 ' || cast(min(a.row) as varchar) || ' 行相同，且彼此都未撤销（其一停招），请核对是否为同一专业点'
        as expected
from specialty_points as a
inner join specialty_points as b
    on
        a.institution_id = b.institution_id
        and a.specialty_code = b.specialty_code
        and a.level = b.level
        and a.row < b.row
        and a.opened_on < coalesce(b.closed_on, date '9999-12-31')
        and b.opened_on < coalesce(a.closed_on, date '9999-12-31')
where a.suspended_on is not null or b.suspended_on is not null
group by b.row
