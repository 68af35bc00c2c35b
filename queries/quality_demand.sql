-- One row per row of 人才需求
-- Parameters: $as_of. to_come: an actual number of a year not yet begun. settled: a forecast of an
-- industry and year that has actual rows, which therefore does not count
with said as (
    select
        year,
        industry,
        specialty_code,
        demand,
        source,
        coalesce(is_forecast, year > year($as_of)) as is_forecast
    from talent_demand
)

select
    s.year,
    s.industry,
    s.specialty_code,
    s.demand,
    s.source,
    s.is_forecast,
    not s.is_forecast and s.year > year($as_of) as to_come,
    s.is_forecast and exists (
        select 1
        from said as a
        where
            a.year = s.year
            and a.industry = s.industry
            and not a.is_forecast
            and a.year <= year($as_of)
    ) as settled,
    (
        select avg(b.demand)
        from said as b
        where
            b.year = s.year - 1
            and b.industry = s.industry
            and b.specialty_code is not distinct from s.specialty_code
            and b.source = s.source
    ) as demand_before
from said as s
order by s.industry, s.specialty_code nulls last, s.source, s.year
