-- One row per point and year with numbers of students far from what was planned or from its own past
-- Twice the plan, or a five-fold change from one year to the next, from 100 students on
with years as (
    select
        row,
        planned,
        admitted,
        registered,
        enrolled,
        year,
        lag(year) over by_year as year_before,
        lag(enrolled) over by_year as enrolled_before
    from point_years
    where point_id is not null and year is not null
    window by_year as (partition by point_id order by year)
)

select
    '年度数据' as sheet,
    row,
    'registered' as name,
    '超过招生计划 ' || cast(cast(planned as bigint) as varchar) || ' 的两倍，请核对' as expected
from years
where registered > 2 * planned and registered >= 100
union all
select
    '年度数据' as sheet,
    row,
    'registered' as name,
    '大于录取人数 ' || cast(cast(admitted as bigint) as varchar) || '，请核对' as expected
from years
where registered > admitted
union all
select
    '年度数据' as sheet,
    row,
    'planned' as name,
    '超过 2000，单个专业点的计划少有如此之多，请核对' as expected
from years
where planned > 2000
union all
select
    '年度数据' as sheet,
    row,
    'enrolled' as name,
    '与上一年的 ' || cast(cast(enrolled_before as bigint) as varchar) || ' 相差五倍以上，请核对' as expected
from years
where
    year = year_before + 1
    and greatest(enrolled, enrolled_before) >= 100
    and greatest(enrolled, enrolled_before) > 5 * least(enrolled, enrolled_before)
