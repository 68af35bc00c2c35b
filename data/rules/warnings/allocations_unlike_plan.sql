-- One row per target allocated to the whole city that differs from the plan's at its deadline, or
-- lies outside the days between issue and deadline, or is a percentage above 100
select
    '目标分解' as sheet,
    a.row,
    'target' as name,
    '与方案的目标值 ' || printf('%g', t.target) || ' 不同，全市目标以方案为准' as expected
from target_allocations as a
inner join plan_targets as t
    on a.indicator = t.indicator
where a.scope_kind = '全市' and a.due_on = t.deadline and a.target <> t.target
union all
select
    '目标分解' as sheet,
    a.row,
    'due_on' as name,
    '不在方案印发之后、指标截止日期 ' || cast(t.deadline as varchar) || ' 之前，不起作用' as expected
from target_allocations as a
inner join plan_targets as t
    on a.indicator = t.indicator
where a.due_on > t.deadline or a.due_on <= t.issued_on
union all
select
    '目标分解' as sheet,
    a.row,
    'target' as name,
    '大于 100，该指标为百分数' as expected
from target_allocations as a
inner join plan_targets as t
    on a.indicator = t.indicator
where t.unit = '%' and a.target > 100
union all
select
    '批准调整' as sheet,
    a.row,
    'interim_target' as name,
    '高于方案的目标值 ' || printf('%g', t.target) || '，请核对' as expected
from interim_targets as a
inner join plan_targets as t
    on a.indicator = t.indicator
where a.interim_target > t.target
union all
select
    '目标分解' as sheet,
    a.row,
    'indicator' as name,
    '只作监测，没有目标，分解的目标值不起作用' as expected
from target_allocations as a
inner join plan_targets as t
    on a.indicator = t.indicator
where t.target is null
