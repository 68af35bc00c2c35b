-- One row per indicator, subject and span of days on which it counts in one way
-- The placeholder is the union of the files in queries/indicators; spans that touch are one
with rows_counted as (
    {rows}
),

marked as (
    select
        *,
        max(until) over (
            partition by
                indicator, subject_kind, subject_id, institution_id, level, counted, weight
            order by since, until
            rows between unbounded preceding and 1 preceding
        ) as reached
    from rows_counted
    where since < until
),

numbered as (
    select
        *,
        sum(case when reached >= since then 0 else 1 end) over (
            partition by
                indicator, subject_kind, subject_id, institution_id, level, counted, weight
            order by since, until
            rows between unbounded preceding and current row
        ) as span
    from marked
),

merged as (
    select
        indicator,
        subject_kind,
        subject_id,
        institution_id,
        level,
        counted,
        weight,
        min(since) as since,
        max(until) as until
    from numbered
    group by
        indicator, subject_kind, subject_id, institution_id, level, counted, weight, span
)

select
    m.indicator,
    m.subject_kind,
    m.subject_id,
    m.institution_id,
    m.level,
    m.counted,
    m.weight,
    m.since,
    m.until,
    f.outside
from merged as m
inner join institution_facts as f
    on m.institution_id = f.institution_id
order by m.indicator, m.since, m.subject_id
