-- One row per specialty point in force on a day on which an earlier row of the same institution,
-- code and level is in force too
with lives as (
    select
        row,
        institution_id,
        specialty_code,
        level,
        opened_on as since,
        least(
            coalesce(suspended_on, date '9999-12-31'),
            coalesce(closed_on, date '9999-12-31')
        ) as until
    from specialty_points
    where opened_on is not null
    union all
    select
        row,
        institution_id,
        specialty_code,
        level,
        greatest(opened_on, resumed_on) as since,
        coalesce(closed_on, date '9999-12-31') as until
    from specialty_points
    where opened_on is not null and suspended_on is not null and resumed_on is not null
),

in_force as (
    select
        l.row,
        l.institution_id,
        l.specialty_code,
        l.level,
        greatest(l.since, coalesce(i.founded_on, date '1000-01-01')) as since,
        least(l.until, coalesce(i.closed_on, date '9999-12-31')) as until
    from lives as l
    inner join first_institutions as i
        on l.institution_id = i.institution_id
)

select
    '专业点' as sheet,
    b.row,
    'specialty_code' as name,
    '与第 ' || cast(min(a.row) as varchar)
    || ' 行同时在招：同一院校、专业代码、层次同时只能有一个专业点' as expected
from in_force as a
inner join in_force as b
    on
        a.institution_id = b.institution_id
        and a.specialty_code = b.specialty_code
        and a.level = b.level
        and a.row < b.row
        and a.since < b.until
        and b.since < a.until
where a.since < a.until and b.since < b.until
group by b.row
