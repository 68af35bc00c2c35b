-- One row per specialty group and span of days on which it and its institution are in force
select
    g.group_id,
    g.institution_id,
    i.level as institution_level,
    g.is_key,
    greatest(g.formed_on, i.since) as since,
    least(coalesce(g.dissolved_on, date '9999-12-31'), i.until) as until
from specialty_groups as g
inner join institution_spells as i
    on
        g.institution_id = i.institution_id
        and g.formed_on < i.until
        and i.since < coalesce(g.dissolved_on, date '9999-12-31')
where g.formed_on < coalesce(g.dissolved_on, date '9999-12-31')
