-- One row per institution and what speaks for its support on a day; what is zero is left out
-- Parameter: $as_of
select
    institution_id,
    'results' as part,
    count(*) as number
from title_spells
where since <= $as_of and until > $as_of
group by institution_id
union all
select
    institution_id,
    'service' as part,
    count(*) as number
from partnerships
where started_on <= $as_of and (ended_on is null or ended_on > $as_of)
group by institution_id
union all
select
    lead_institution_id as institution_id,
    'service' as part,
    count(*) as number
from cooperation_bodies
where
    lead_institution_id is not null
    and founded_on <= $as_of
    and (dissolved_on is null or dissolved_on > $as_of)
group by lead_institution_id
