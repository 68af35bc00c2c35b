-- One row per specialty point: whether it is in force on a day, and what indicators ask of it
-- Parameters: $as_of
select
    p.point_id,
    p.specialty,
    p.institution_id,
    f.institution,
    f.outside,
    p.level,
    p.track,
    p.track_since,
    p.track_until,
    p.industry,
    p.opened_on,
    p.reduced_on,
    p.suspended_on,
    p.resumed_on,
    p.closed_on,
    s.point_id is not null as in_force
from point_facts as p
inner join institution_facts as f
    on p.institution_id = f.institution_id
left join point_spells as s
    on p.point_id = s.point_id and s.since <= $as_of and s.until > $as_of
order by p.point_id
