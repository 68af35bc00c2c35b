-- One row per point and year in which more leave for work or study than graduate
select
    '年度数据' as sheet,
    row,
    case when employed is null then 'further_study' else 'employed' end as name,
    case
        when employed is null then '大于毕业生 '
        when further_study is null then '大于毕业生 '
        else '与升学人数 ' || cast(cast(further_study as bigint) as varchar) || ' 之和大于毕业生 '
    end || cast(cast(graduates as bigint) as varchar) as expected
from point_years
where coalesce(employed, 0) + coalesce(further_study, 0) > graduates
