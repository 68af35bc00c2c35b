-- One row per specialty group of an institution in force on a day; points: its members in force
-- Parameters: $institution, $as_of
with members as (
    select
        m.group_id,
        count(*) as points
    from group_members as m
    inner join point_spells as s
        on m.point_id = s.point_id and s.since <= $as_of and s.until > $as_of
    group by m.group_id
)

select
    g.group_id,
    g.name,
    g.is_key,
    g.formed_on,
    coalesce(m.points, 0) as points
from group_spells as s
inner join specialty_groups as g
    on s.group_id = g.group_id
left join members as m
    on s.group_id = m.group_id
where s.institution_id = $institution and s.since <= $as_of and s.until > $as_of
order by g.is_key desc, g.formed_on, g.group_id
