-- One row per year with forecasts of the demand for talent, and per year of the provincial guide
-- what: talent_demand or provincial_lists, the table it stands in
select
    'talent_demand' as source,
    year,
    count(*) as entries
from talent_demand
where is_forecast
group by year
union all
select
    'provincial_lists' as source,
    year,
    count(*) as entries
from provincial_lists
where list = '指导性目录'
group by year
order by source, year
