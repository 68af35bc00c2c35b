-- One row per indicator, subject and span; days as proleptic ordinals (1 = 0001-01-01)
select
    indicator,
    subject_kind,
    subject_id,
    institution_id,
    level,
    counted,
    weight,
    outside,
    datediff('day', date '0001-01-01', since) + 1 as since,
    datediff('day', date '0001-01-01', until) + 1 as until
from indicator_rows
