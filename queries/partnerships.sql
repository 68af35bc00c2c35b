-- One row per partnership and the span of days on which it and its institution are in force
-- A row that is never in force (its institution was gone, or it ended as it began) is left out
with lives as (
    select
        institution_id,
        min(since) as since,
        max(until) as until
    from institution_spells
    group by institution_id
),

spans as (
    select
        p.enterprise_id,
        p.institution_id,
        p.form,
        p.started_on,
        p.ended_on,
        greatest(p.started_on, l.since) as since,
        least(coalesce(p.ended_on, date '9999-12-31'), l.until) as until
    from partnerships as p
    inner join lives as l
        on p.institution_id = l.institution_id
)

select *
from spans
where since < until
order by institution_id, enterprise_id, started_on, form
