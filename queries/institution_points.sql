-- One row per specialty point of an institution that was opened by a day, with what it is that day
-- Parameters: $institution, $as_of
select
    p.point_id,
    p.specialty,
    p.specialty_code,
    p.level,
    case when p.track_since <= $as_of and p.track_until > $as_of then p.track end as track,
    coalesce(p.is_backbone, false) as is_backbone,
    p.industry,
    p.class_name,
    p.opened_on,
    p.reduced_on,
    p.suspended_on,
    p.resumed_on,
    p.closed_on,
    s.point_id is not null as in_force
from point_facts as p
left join point_spells as s
    on p.point_id = s.point_id and s.since <= $as_of and s.until > $as_of
where p.institution_id = $institution and p.opened_on <= $as_of
order by
    case p.level when '中职' then 1 when '高职' then 2 else 3 end,
    p.specialty_code,
    p.point_id
