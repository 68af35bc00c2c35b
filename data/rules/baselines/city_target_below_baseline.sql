-- One row per target allocated to the whole city that lies below the indicator's value at issue
-- The line from the baseline to the plan's target would fall first, and the pace turn negative.
-- A baseline that fulfils the plan's target follows no line
with sums as (
    select
        t.indicator,
        t.measure,
        sum(case when r.counted then r.weight else 0 end) as counted,
        sum(case when r.counted then 0 else r.weight end) as others
    from plan_targets as t
    inner join target.indicator_rows as r
        on t.indicator = r.indicator
    where
        not r.outside
        and r.since <= t.issued_on
        and r.until > t.issued_on
    group by t.indicator, t.measure
),

baselines as (
    select
        indicator,
        case measure
            when 'count' then counted
            when 'ratio' then counted / nullif(others, 0) * 100
            else counted / nullif(counted + others, 0) * 100
        end as baseline
    from sums
)

select
    '目标分解' as sheet,
    a.row,
    'target' as name,
    '低于该指标印发日 ' || cast(t.issued_on as varchar) || ' 的基期值 '
    || printf('%g', round(b.baseline, 2)) || '，序时线先降后升、进度比会为负，请核对' as expected
from target_allocations as a
inner join plan_targets as t
    on a.indicator = t.indicator
inner join baselines as b
    on a.indicator = b.indicator
where
    a.scope_kind = '全市'
    and a.due_on > t.issued_on
    and a.due_on < t.deadline
    and a.target < b.baseline
    and b.baseline < t.target
order by a.row
