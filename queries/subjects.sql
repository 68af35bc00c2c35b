-- One row per subject that indicators may count: what it is called
select
    '专业点' as subject_kind,
    point_id as subject_id,
    specialty as subject,
    specialty_code,
    track,
    industry
from point_facts
union all
select
    '专业群' as subject_kind,
    group_id as subject_id,
    name as subject,
    null as specialty_code,
    null as track,
    null as industry
from specialty_groups
union all
select
    '院校' as subject_kind,
    institution_id as subject_id,
    name as subject,
    null as specialty_code,
    null as track,
    null as industry
from institutions
