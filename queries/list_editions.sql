-- One row per provincial list, year, level and specialty
-- Parameter: $this_year. newest: of the list's last edition for the level by that year
select
    list,
    year,
    level,
    specialty_code,
    year = max(year) over (partition by list, level) as newest
from provincial_lists
where year <= $this_year
order by list, year, level, specialty_code
