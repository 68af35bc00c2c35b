-- One row per secondary school in force on a day, with its latest conditions record that day
-- Parameters: $day, $institutions, $levels. year null: no record yet
select
    f.institution_id,
    f.institution,
    f.district,
    f.school_type,
    f.outside,
    c.year,
    c.verdict,
    c.all_met,
    coalesce(c.met, false) as met
from institution_spells as s
inner join plan_items as l
    on
        l.indicator = 'secondary_conditions_met'
        and l.role = 'level'
        and s.level = l.item
inner join institution_facts as f
    on s.institution_id = f.institution_id
left join condition_spells as c
    on
        s.institution_id = c.institution_id
        and c.since <= $day
        and c.until > $day
where
    s.since <= $day
    and s.until > $day
    and s.level in (select unnest($levels))
    and s.institution_id in (select unnest($institutions))
order by f.district nulls last, f.institution
