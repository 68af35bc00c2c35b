-- One row per track, industry, category, class and level of the points in force on a day
-- Parameters: $day, $institutions, $levels. Track null: none in force that day
with points as (
    select distinct point_id
    from point_spells
    where
        since <= $day
        and until > $day
        and point_level in (select unnest($levels))
        and institution_id in (select unnest($institutions))
),

described as (
    select
        case when p.track_since <= $day and p.track_until > $day then p.track end as track,
        p.industry,
        p.category_name,
        p.class_name,
        p.level
    from points as n
    inner join point_facts as p
        on n.point_id = p.point_id
)

select
    track,
    industry,
    category_name,
    class_name,
    level,
    count(*) as points
from described
group by track, industry, category_name, class_name, level
order by track, industry, category_name, class_name, level
