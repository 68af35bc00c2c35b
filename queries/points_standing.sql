-- One row per specialty point opened by a day: whose it is, and whether it is in force
-- Parameter: $day. ended_on: when it was suspended or closed for good by the day, else empty
select
    p.point_id,
    p.institution_id,
    i.institution,
    i.outside,
    p.level,
    p.specialty_code,
    s.point_id is not null as in_force,
    case
        when s.point_id is null and p.closed_on <= $day then p.closed_on
        when s.point_id is null and p.suspended_on <= $day then p.suspended_on
    end as ended_on
from point_facts as p
inner join institution_facts as i
    on p.institution_id = i.institution_id
left join point_spells as s
    on p.point_id = s.point_id and s.since <= $day and s.until > $day
where p.opened_on <= $day
order by i.institution, p.point_id
