-- One row per recognition: its subject, and whether that is in force on a day
-- Parameters: $as_of. institution_level: on the day, null while the institution is not in force
with subjects as (
    select
        '专业点' as subject_kind,
        p.point_id as subject_id,
        p.specialty as subject,
        p.institution_id,
        p.track,
        p.track_since,
        p.track_until,
        s.point_id is not null as in_force
    from point_facts as p
    left join point_spells as s
        on p.point_id = s.point_id and s.since <= $as_of and s.until > $as_of
    union all
    select
        '专业群' as subject_kind,
        g.group_id as subject_id,
        g.name as subject,
        g.institution_id,
        null as track,
        null as track_since,
        null as track_until,
        s.group_id is not null as in_force
    from specialty_groups as g
    left join group_spells as s
        on g.group_id = s.group_id and s.since <= $as_of and s.until > $as_of
    union all
    select
        '院校' as subject_kind,
        f.institution_id as subject_id,
        f.institution as subject,
        f.institution_id,
        null as track,
        null as track_since,
        null as track_until,
        s.institution_id is not null as in_force
    from institution_facts as f
    left join institution_spells as s
        on f.institution_id = s.institution_id and s.since <= $as_of and s.until > $as_of
)

select
    r.subject_kind,
    r.subject_id,
    u.subject,
    u.institution_id,
    f.institution,
    f.outside,
    l.level as institution_level,
    r.title,
    r.awarded_on,
    r.accepted_on,
    r.revoked_on,
    u.track,
    u.track_since,
    u.track_until,
    u.in_force
from recognitions as r
inner join subjects as u
    on r.subject_kind = u.subject_kind and r.subject_id = u.subject_id
inner join institution_facts as f
    on u.institution_id = f.institution_id
left join institution_spells as l
    on u.institution_id = l.institution_id and l.since <= $as_of and l.until > $as_of
order by r.title, r.subject_id, r.awarded_on
