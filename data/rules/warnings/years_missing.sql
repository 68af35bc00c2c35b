-- One row per point and year before which a year is missing
with previous as (
    select
        row,
        year,
        lag(year) over (partition by point_id order by year) as year_before
    from point_years
    where point_id is not null and year is not null
)

select
    '年度数据' as sheet,
    row,
    'year' as name,
    '之前缺少 ' || cast(cast(year_before as integer) + 1 as varchar)
    || case
        when year - year_before > 2 then '—' || cast(cast(year as integer) - 1 as varchar)
        else ''
    end || ' 年的数据' as expected
from previous
where year - year_before > 1
