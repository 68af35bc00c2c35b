-- One row per specialty point in force on a day, with what it is and whose
-- Parameters: $day, $institutions, $levels
with points as (
    select distinct point_id
    from point_spells
    where
        since <= $day
        and until > $day
        and point_level in (select unnest($levels))
        and institution_id in (select unnest($institutions))
)

select
    p.point_id,
    i.institution,
    i.district,
    p.level,
    p.specialty_code,
    p.specialty,
    p.class_name,
    p.category_name,
    p.industry,
    case when p.track_since <= $day and p.track_until > $day then p.track end as track,
    p.opened_on
from points as n
inner join point_facts as p
    on n.point_id = p.point_id
inner join institution_facts as i
    on p.institution_id = i.institution_id
order by i.district nulls last, i.institution, p.level, p.specialty_code, p.point_id
