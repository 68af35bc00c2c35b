-- One row per level that occurs among the indicator rows, lowest first
select level
from indicator_rows
where level is not null
group by level
order by
    case level
        when '中职' then 1 when '高职' then 2 when '职业本科' then 3 else 4
    end,
    level
