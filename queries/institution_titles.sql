-- One row per title in force on a day that an institution, a group or a point of it holds
-- Parameters: $institution, $as_of
select
    t.subject_kind,
    t.subject_id,
    coalesce(p.specialty, g.name, f.institution) as subject,
    t.title,
    t.since,
    t.point_level,
    t.accepted_since is not null and t.accepted_since <= $as_of as accepted
from title_spells as t
inner join institution_facts as f
    on t.institution_id = f.institution_id
left join point_facts as p
    on t.subject_kind = '专业点' and t.subject_id = p.point_id
left join specialty_groups as g
    on t.subject_kind = '专业群' and t.subject_id = g.group_id
where t.institution_id = $institution and t.since <= $as_of and t.until > $as_of
order by
    case t.subject_kind when '院校' then 1 when '专业群' then 2 else 3 end,
    t.title,
    t.since,
    t.subject_id
