-- One row per institution with a date of its rise to 职业本科 that fits neither its level nor dates
select
    '院校' as sheet,
    row,
    'bachelor_since' as name,
    case
        when bachelor_since < founded_on then '早于成立日期，请核对'
        else '与层次“' || level || '”不一致，自该日起按职业本科、此前按高职统计'
    end as expected
from institutions
where
    bachelor_since < founded_on
    or (bachelor_since is not null and level <> '职业本科')
