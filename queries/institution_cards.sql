-- One row per institution: what its own sheet says of it; dates null where always or still
select
    f.institution_id,
    i.longitude,
    i.latitude,
    f.ownership,
    f.school_type,
    i.founded_on,
    f.bachelor_since,
    i.closed_on
from institution_facts as f
inner join institutions as i
    on f.institution_id = i.institution_id
order by f.institution_id
