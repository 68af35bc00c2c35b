-- One row per level, track and industry of points: those in force on a day, those newly counted
-- Parameters: $day; $first and $last, the span (first excluded) in which a point is newly counted:
-- opened, or taken into its track. Technician institutions stand outside; industry may be null
with forces as (
    select distinct point_id
    from point_spells
    where since <= $day and until > $day
)

select
    p.level,
    p.track,
    p.industry,
    count(*) as points,
    count(*) filter (
        where greatest(p.opened_on, p.track_since) > $first
        and greatest(p.opened_on, p.track_since) <= $last
    ) as started
from point_facts as p
inner join forces as s
    on p.point_id = s.point_id
inner join institution_facts as f
    on p.institution_id = f.institution_id
where not f.outside
group by p.level, p.track, p.industry
order by p.level, p.track, p.industry
