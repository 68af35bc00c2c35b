-- One row per specialty point that was reduced, or closed while out of force, after the issue
-- Parameters: $as_of, $institutions, $levels. Neither changes how many points are in force
select
    p.point_id,
    'reduced' as kind,
    p.reduced_on as day
from point_facts as p
inner join plan_dates as d
    on d.name = 'issued_on' and p.reduced_on > d.value
where
    p.reduced_on <= $as_of
    and p.level in (select unnest($levels))
    and p.institution_id in (select unnest($institutions))
union all
select
    p.point_id,
    'closed_later' as kind,
    p.closed_on as day
from point_facts as p
inner join plan_dates as d
    on d.name = 'issued_on' and p.closed_on > d.value
where
    p.closed_on <= $as_of
    and p.level in (select unnest($levels))
    and p.institution_id in (select unnest($institutions))
    and not exists (
        select 1
        from point_spells as s
        where s.point_id = p.point_id and s.until = p.closed_on
    )
order by day, point_id
