-- One row per subject that an indicator counts on a day
-- Parameters: $indicator, $as_of, $outside (technician institutions instead of the others)
select
    r.subject_kind,
    r.subject_id,
    r.institution_id,
    f.institution,
    f.district,
    r.level,
    case when r.since > date '1000-01-01' then r.since end as since,
    case when r.until < date '9999-12-31' then r.until end as until,
    r.counted,
    r.weight
from indicator_rows as r
inner join institution_facts as f
    on r.institution_id = f.institution_id
where
    r.indicator = $indicator
    and r.since <= $as_of
    and r.until > $as_of
    and r.outside = $outside
order by f.district nulls last, r.institution_id, r.subject_kind, r.subject_id, r.counted desc
