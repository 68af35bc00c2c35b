-- One row per institution and threshold of its school type, from its latest record on a day
-- Parameter: $day
select
    c.institution_id,
    c.item,
    c.comparison,
    c.threshold,
    c.unit,
    c.value,
    c.met
from condition_checks as c
inner join condition_spells as s
    on c.institution_id = s.institution_id and c.year = s.year
where s.since <= $day and s.until > $day
order by c.institution_id, c.item
