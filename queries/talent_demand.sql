-- One row per year, industry and specialty code: the people wanted, each counted once
-- Parameters: $this_year. A row without a code is what the industry wants besides the specialties
-- that have rows of their own. Rows that agree in everything are one; what one source says of the
-- same specialty adds up; several sources are averaged. Where a year has actual rows of an industry
-- its forecast rows count no more; an actual row of a year to come is not known yet; a row that does
-- not say is a forecast in a year to come
with said as (
    select distinct
        year,
        industry,
        specialty_code,
        demand,
        source,
        coalesce(is_forecast, year > $this_year) as is_forecast
    from talent_demand
),

known as (
    select *
    from said
    where is_forecast or year <= $this_year
),

settled as (
    select
        year,
        industry,
        bool_and(is_forecast) as is_forecast
    from known
    group by year, industry
),

by_source as (
    select
        k.year,
        k.industry,
        k.specialty_code,
        k.source,
        k.is_forecast,
        sum(k.demand) as demand
    from known as k
    inner join settled as s
        on
            k.year = s.year
            and k.industry = s.industry
            and k.is_forecast = s.is_forecast
    group by k.year, k.industry, k.specialty_code, k.source, k.is_forecast
)

select
    year,
    industry,
    specialty_code,
    is_forecast,
    avg(demand) as demand,
    count(*) as sources
from by_source
group by year, industry, specialty_code, is_forecast
order by year, industry, specialty_code nulls last
