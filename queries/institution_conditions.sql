-- One row per threshold of an institution's latest conditions record on a day, in the reference's
-- order; one row with empty item where no threshold applies to its school type
-- Parameters: $institution, $as_of
with latest as (
    select
        s.institution_id,
        s.year,
        s.verdict,
        s.all_met,
        s.met
    from condition_spells as s
    where s.institution_id = $institution and s.since <= $as_of and s.until > $as_of
)

select
    l.year,
    l.verdict,
    l.all_met,
    l.met as record_met,
    c.item,
    c.comparison,
    c.threshold,
    c.unit,
    c.value,
    c.met
from latest as l
left join condition_checks as c
    on l.institution_id = c.institution_id and l.year = c.year
left join institution_facts as f
    on l.institution_id = f.institution_id
left join school_thresholds as t
    on f.school_type = t.school_type and c.item = t.item
order by t.rowid
