-- One row per entry of a specialty point into force, or exit from it, after the plan's issue
-- Parameters: $as_of, $institutions, $levels. Spans that touch are one: a change of the
-- institution's level moves no point. kind: opened, founded (its institution came into force),
-- resumed, suspended, closed, dissolved (its institution was closed)
with spells as (
    select
        point_id,
        since,
        until,
        max(until) over (
            partition by point_id
            order by since, until
            rows between unbounded preceding and 1 preceding
        ) as reached
    from point_spells
    where
        point_level in (select unnest($levels))
        and institution_id in (select unnest($institutions))
),

numbered as (
    select
        point_id,
        since,
        until,
        sum(case when reached >= since then 0 else 1 end) over (
            partition by point_id
            order by since, until
            rows between unbounded preceding and current row
        ) as span
    from spells
),

spans as (
    select
        point_id,
        min(since) as since,
        max(until) as until
    from numbered
    group by point_id, span
),

moves as (
    select
        s.point_id,
        s.since as day,
        1 as step,
        case
            when s.since = p.opened_on then 'opened'
            when s.since = p.resumed_on then 'resumed'
            else 'founded'
        end as kind
    from spans as s
    inner join point_facts as p
        on s.point_id = p.point_id
    union all
    select
        s.point_id,
        s.until as day,
        -1 as step,
        case
            when s.until = p.closed_on then 'closed'
            when s.until = i.until then 'dissolved'
            else 'suspended'
        end as kind
    from spans as s
    inner join point_facts as p
        on s.point_id = p.point_id
    inner join institution_facts as i
        on p.institution_id = i.institution_id
)

select
    m.point_id,
    p.institution_id,
    m.day,
    m.step,
    m.kind
from moves as m
inner join point_facts as p
    on m.point_id = p.point_id
inner join plan_dates as d
    on d.name = 'issued_on' and m.day > d.value
where m.day <= $as_of
order by m.day, m.point_id, m.step
