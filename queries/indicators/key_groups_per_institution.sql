-- One row per institution and span on which the number of its key groups stays the same
-- Counted while that number lies between the plan's minimum and maximum
select
    '院校' as subject_kind,
    institution_id as subject_id,
    institution_id,
    level,
    since,
    until,
    fits as counted,
    1 as weight
from member_spells
where indicator = 'key_groups_per_institution'
