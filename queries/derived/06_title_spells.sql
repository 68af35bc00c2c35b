-- One row per recognition and span of days on which it, its subject and its institution are in force
-- accepted_since: the first day of the span on which the recognition is also accepted; null if never
with subjects as (
    select
        '专业点' as subject_kind,
        point_id as subject_id,
        institution_id,
        point_level,
        institution_level,
        since,
        until
    from point_spells
    union all
    select
        '专业群' as subject_kind,
        group_id as subject_id,
        institution_id,
        null as point_level,
        institution_level,
        since,
        until
    from group_spells
    union all
    select
        '院校' as subject_kind,
        institution_id as subject_id,
        institution_id,
        null as point_level,
        level as institution_level,
        since,
        until
    from institution_spells
)

select
    r.subject_kind,
    r.subject_id,
    s.institution_id,
    s.point_level,
    s.institution_level,
    r.title,
    greatest(r.awarded_on, s.since) as since,
    least(coalesce(r.revoked_on, date '9999-12-31'), s.until) as until,
    case
        when r.accepted_on is not null
            then greatest(r.accepted_on, greatest(r.awarded_on, s.since))
    end as accepted_since
from recognitions as r
inner join subjects as s
    on
        r.subject_kind = s.subject_kind
        and r.subject_id = s.subject_id
        and r.awarded_on < s.until
        and s.since < coalesce(r.revoked_on, date '9999-12-31')
where r.awarded_on < coalesce(r.revoked_on, date '9999-12-31')
