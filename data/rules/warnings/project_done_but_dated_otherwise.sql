-- One row per project whose stage and completion contradict each other
select
    '项目库' as sheet,
    p.row,
    'completed_on' as name,
    '与阶段“' || p.stage || '”不一致，请核对' as expected
from projects as p
where p.completed_on is not null and p.stage in ('储备', '成熟')
